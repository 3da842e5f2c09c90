// Descriptions of fields that refer to another type. The generated models of @kubernetes/client-node drop these; the
// ones people ask `kubectl explain` for are here, as k8s.io/api has them. Fields not named show their type's description.
const CONVENTIONS = 'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md';
const PROBES = 'https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle#container-probes';

/** Of every kind. */
export const COMMON = { metadata: `Standard object's metadata. More info: ${CONVENTIONS}#metadata` };

/** By type, then by field. */
export const FIELDS = {
  Deployment: {
    spec: 'Specification of the desired behavior of the Deployment.',
    status: 'Most recently observed status of the Deployment.',
  },
  DeploymentSpec: {
    selector:
      "Label selector for pods. Existing ReplicaSets whose pods are selected by this will be the ones affected by this deployment. It must match the pod template's labels.",
    strategy: 'The deployment strategy to use to replace existing pods with new ones.',
    template:
      'Template describes the pods that will be created. The only allowed template.spec.restartPolicy value is "Always".',
  },
  DeploymentStrategy: {
    rollingUpdate: 'Rolling update config params. Present only if DeploymentStrategyType = RollingUpdate.',
  },
  ReplicaSet: {
    spec: `Spec defines the specification of the desired behavior of the ReplicaSet. More info: ${CONVENTIONS}#spec-and-status`,
    status: `Status is the most recently observed status of the ReplicaSet. This data may be out of date by some window of time. Populated by the system. Read-only. More info: ${CONVENTIONS}#spec-and-status`,
  },
  Pod: {
    spec: `Specification of the desired behavior of the pod. More info: ${CONVENTIONS}#spec-and-status`,
    status: `Most recently observed status of the pod. This data may not be up to date. Populated by the system. Read-only. More info: ${CONVENTIONS}#spec-and-status`,
  },
  PodTemplateSpec: {
    spec: `Specification of the desired behavior of the pod. More info: ${CONVENTIONS}#spec-and-status`,
  },
  PodSpec: {
    affinity: "If specified, the pod's scheduling constraints",
    dnsConfig:
      'Specifies the DNS parameters of a pod. Parameters specified here will be merged to the generated DNS configuration based on DNSPolicy.',
    securityContext:
      'SecurityContext holds pod-level security attributes and common container settings. Optional: Defaults to empty. See type description for default values of each field.',
  },
  Container: {
    lifecycle:
      'Actions that the management system should take in response to container lifecycle events. Cannot be updated.',
    livenessProbe: `Periodic probe of container liveness. Container will be restarted if the probe fails. Cannot be updated. More info: ${PROBES}`,
    readinessProbe: `Periodic probe of container service readiness. Container will be removed from service endpoints if the probe fails. Cannot be updated. More info: ${PROBES}`,
    startupProbe: `StartupProbe indicates that the Pod has successfully initialized. If specified, no other probes are executed until this completes successfully. If this probe fails, the Pod will be restarted, just as if the livenessProbe failed. This can be used to provide different probe parameters at the beginning of a Pod's lifecycle, when it might take a long time to load data or warm a cache, than during steady-state operation. This cannot be updated. More info: ${PROBES}`,
    resources:
      'Compute Resources required by this container. Cannot be updated. More info: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/',
    securityContext:
      'SecurityContext defines the security options the container should be run with. If set, the fields of SecurityContext override the equivalent fields of PodSecurityContext. More info: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/',
  },
  Affinity: {
    nodeAffinity: 'Describes node affinity scheduling rules for the pod.',
    podAffinity:
      'Describes pod affinity scheduling rules (e.g. co-locate this pod in the same node, zone, etc. as some other pod(s)).',
    podAntiAffinity:
      'Describes pod anti-affinity scheduling rules (e.g. avoid putting this pod in the same node, zone, etc. as some other pod(s)).',
  },
  ContainerStatus: {
    lastState:
      'LastTerminationState holds the last termination state of the container to help debug container crashes and restarts. This field is not populated if the container is still running and RestartCount is 0.',
    state: "State holds details about the container's current condition.",
  },
  EnvVar: { valueFrom: "Source for the environment variable's value. Cannot be used if value is not empty." },
  Node: {
    spec: `Spec defines the behavior of a node. ${CONVENTIONS}#spec-and-status`,
    status: `Most recently observed status of the node. Populated by the system. Read-only. More info: ${CONVENTIONS}#spec-and-status`,
  },
  Namespace: {
    spec: `Spec defines the behavior of the Namespace. More info: ${CONVENTIONS}#spec-and-status`,
    status: `Status describes the current status of a Namespace. More info: ${CONVENTIONS}#spec-and-status`,
  },
  Lease: { spec: `spec contains the specification of the Lease. More info: ${CONVENTIONS}#spec-and-status` },
  Event: {
    involvedObject: 'The object that this event is about.',
    source: 'The component reporting this event. Should be a short machine understandable string.',
    eventTime: 'Time when this Event was first observed.',
    series: "Data about the Event series this event represents or nil if it's a singleton Event.",
    related: 'Optional secondary object for more complex actions.',
  },
};
