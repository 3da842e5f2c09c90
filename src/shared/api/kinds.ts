import type {
  AuthenticationV1TokenRequest,
  CoreV1Event,
  EventsV1Event,
  V1APIService,
  V1Binding,
  V1CSIDriver,
  V1CSINode,
  V1CertificateSigningRequest,
  V1ClusterRole,
  V1ClusterRoleBinding,
  V1ConfigMap,
  V1Container,
  V1ContainerStatus,
  V1ControllerRevision,
  V1CronJob,
  V1DaemonSet,
  V1Deployment,
  V1EndpointSlice,
  V1Endpoints,
  V1HorizontalPodAutoscaler,
  V1IPAddress,
  V1Ingress,
  V1IngressClass,
  V1Job,
  V1Lease,
  V1LimitRange,
  V1LocalSubjectAccessReview,
  V1MutatingWebhookConfiguration,
  V1Namespace,
  V1NetworkPolicy,
  V1Node,
  V1PersistentVolume,
  V1PersistentVolumeClaim,
  V1Pod,
  V1PodDisruptionBudget,
  V1PodTemplate,
  V1PodTemplateSpec,
  V1PriorityClass,
  V1ReplicaSet,
  V1ReplicationController,
  V1ResourceQuota,
  V1Role,
  V1RoleBinding,
  V1RuntimeClass,
  V1Scale,
  V1Secret,
  V1SelfSubjectAccessReview,
  V1SelfSubjectReview,
  V1SelfSubjectRulesReview,
  V1Service,
  V1ServiceAccount,
  V1ServiceCIDR,
  V1StatefulSet,
  V1StorageClass,
  V1SubjectAccessReview,
  V1Taint,
  V1TokenReview,
  V1Toleration,
  V1ValidatingAdmissionPolicy,
  V1ValidatingAdmissionPolicyBinding,
  V1ValidatingWebhookConfiguration,
  V1VolumeAttachment,
  V1VolumeAttributesClass,
  V2HorizontalPodAutoscaler,
} from '@kubernetes/client-node';
import type { Wire } from './wire.ts';
import type { KubeObject } from './meta.ts';
import type { CustomResourceDefinition } from './custom-resource-definition.ts';
import type { Machine } from './machine.ts';

export type Pod = Wire<V1Pod>;
export type PodTemplateSpec = Wire<V1PodTemplateSpec>;
export type Container = Wire<V1Container>;
export type ContainerStatus = Wire<V1ContainerStatus>;
export type Node = Wire<V1Node>;
export type Taint = Wire<V1Taint>;
export type Toleration = Wire<V1Toleration>;
export type Namespace = Wire<V1Namespace>;
export type ConfigMap = Wire<V1ConfigMap>;
export type Secret = Wire<V1Secret>;
export type ServiceAccount = Wire<V1ServiceAccount>;
export type Event = Wire<CoreV1Event>;
export type Deployment = Wire<V1Deployment>;
export type ReplicaSet = Wire<V1ReplicaSet>;
export type Lease = Wire<V1Lease>;
export type Service = Wire<V1Service>;
export type Endpoints = Wire<V1Endpoints>;
export type PersistentVolume = Wire<V1PersistentVolume>;
export type PersistentVolumeClaim = Wire<V1PersistentVolumeClaim>;
export type ReplicationController = Wire<V1ReplicationController>;
export type PodTemplate = Wire<V1PodTemplate>;
export type ResourceQuota = Wire<V1ResourceQuota>;
export type LimitRange = Wire<V1LimitRange>;
export type StatefulSet = Wire<V1StatefulSet>;
export type DaemonSet = Wire<V1DaemonSet>;
export type ControllerRevision = Wire<V1ControllerRevision>;
export type Job = Wire<V1Job>;
export type CronJob = Wire<V1CronJob>;
export type PodDisruptionBudget = Wire<V1PodDisruptionBudget>;
export type Ingress = Wire<V1Ingress>;
export type IngressClass = Wire<V1IngressClass>;
export type NetworkPolicy = Wire<V1NetworkPolicy>;
export type IPAddress = Wire<V1IPAddress>;
export type ServiceCIDR = Wire<V1ServiceCIDR>;
export type EndpointSlice = Wire<V1EndpointSlice>;
export type Role = Wire<V1Role>;
export type ClusterRole = Wire<V1ClusterRole>;
export type RoleBinding = Wire<V1RoleBinding>;
export type ClusterRoleBinding = Wire<V1ClusterRoleBinding>;
export type StorageClass = Wire<V1StorageClass>;
export type PriorityClass = Wire<V1PriorityClass>;
export type RuntimeClass = Wire<V1RuntimeClass>;
export type Scale = Wire<V1Scale>;
export type CertificateSigningRequest = Wire<V1CertificateSigningRequest>;
export type TokenRequest = Wire<AuthenticationV1TokenRequest>;
export type TokenReview = Wire<V1TokenReview>;
export type Binding = Wire<V1Binding>;
/** autoscaling/v2, as it is stored. */
export type HorizontalPodAutoscaler = Wire<V2HorizontalPodAutoscaler>;
export type HorizontalPodAutoscalerV1 = Wire<V1HorizontalPodAutoscaler>;
/** events.k8s.io/v1: the same events as core/v1's, under other names. */
export type EventsV1 = Wire<EventsV1Event>;
export type APIService = Wire<V1APIService>;
export type VolumeAttachment = Wire<V1VolumeAttachment>;
export type CSIDriver = Wire<V1CSIDriver>;
export type CSINode = Wire<V1CSINode>;
export type VolumeAttributesClass = Wire<V1VolumeAttributesClass>;
export type MutatingWebhookConfiguration = Wire<V1MutatingWebhookConfiguration>;
export type ValidatingWebhookConfiguration = Wire<V1ValidatingWebhookConfiguration>;
export type ValidatingAdmissionPolicy = Wire<V1ValidatingAdmissionPolicy>;
export type ValidatingAdmissionPolicyBinding = Wire<V1ValidatingAdmissionPolicyBinding>;
export type SelfSubjectAccessReview = Wire<V1SelfSubjectAccessReview>;
export type SubjectAccessReview = Wire<V1SubjectAccessReview>;
export type LocalSubjectAccessReview = Wire<V1LocalSubjectAccessReview>;
export type SelfSubjectRulesReview = Wire<V1SelfSubjectRulesReview>;
export type SelfSubjectReview = Wire<V1SelfSubjectReview>;

/** Where a kind lives in the API, and (in the type only) what its objects look like. */
export interface ResourceType<T extends KubeObject = KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Never present at run time: carries `T`. */
  readonly __object?: T;
}

function resource<T extends KubeObject>(
  group: string,
  version: string,
  kind: string,
  plural: string,
  namespaced: boolean,
): ResourceType<T> {
  return { group, version, kind, plural, namespaced };
}

export const PODS = resource<Pod>('', 'v1', 'Pod', 'pods', true);
export const NODES = resource<Node>('', 'v1', 'Node', 'nodes', false);
export const NAMESPACES = resource<Namespace>('', 'v1', 'Namespace', 'namespaces', false);
export const CONFIG_MAPS = resource<ConfigMap>('', 'v1', 'ConfigMap', 'configmaps', true);
export const SECRETS = resource<Secret>('', 'v1', 'Secret', 'secrets', true);
export const SERVICE_ACCOUNTS = resource<ServiceAccount>('', 'v1', 'ServiceAccount', 'serviceaccounts', true);
export const EVENTS = resource<Event>('', 'v1', 'Event', 'events', true);
export const DEPLOYMENTS = resource<Deployment>('apps', 'v1', 'Deployment', 'deployments', true);
export const REPLICA_SETS = resource<ReplicaSet>('apps', 'v1', 'ReplicaSet', 'replicasets', true);
export const LEASES = resource<Lease>('coordination.k8s.io', 'v1', 'Lease', 'leases', true);
export const SERVICES = resource<Service>('', 'v1', 'Service', 'services', true);
export const ENDPOINTS = resource<Endpoints>('', 'v1', 'Endpoints', 'endpoints', true);
export const PERSISTENT_VOLUMES = resource<PersistentVolume>('', 'v1', 'PersistentVolume', 'persistentvolumes', false);
export const PERSISTENT_VOLUME_CLAIMS = resource<PersistentVolumeClaim>(
  '',
  'v1',
  'PersistentVolumeClaim',
  'persistentvolumeclaims',
  true,
);
export const REPLICATION_CONTROLLERS = resource<ReplicationController>(
  '',
  'v1',
  'ReplicationController',
  'replicationcontrollers',
  true,
);
export const POD_TEMPLATES = resource<PodTemplate>('', 'v1', 'PodTemplate', 'podtemplates', true);
export const RESOURCE_QUOTAS = resource<ResourceQuota>('', 'v1', 'ResourceQuota', 'resourcequotas', true);
export const LIMIT_RANGES = resource<LimitRange>('', 'v1', 'LimitRange', 'limitranges', true);
export const STATEFUL_SETS = resource<StatefulSet>('apps', 'v1', 'StatefulSet', 'statefulsets', true);
export const DAEMON_SETS = resource<DaemonSet>('apps', 'v1', 'DaemonSet', 'daemonsets', true);
export const CONTROLLER_REVISIONS = resource<ControllerRevision>(
  'apps',
  'v1',
  'ControllerRevision',
  'controllerrevisions',
  true,
);
export const JOBS = resource<Job>('batch', 'v1', 'Job', 'jobs', true);
export const CRON_JOBS = resource<CronJob>('batch', 'v1', 'CronJob', 'cronjobs', true);
export const POD_DISRUPTION_BUDGETS = resource<PodDisruptionBudget>(
  'policy',
  'v1',
  'PodDisruptionBudget',
  'poddisruptionbudgets',
  true,
);
export const INGRESSES = resource<Ingress>('networking.k8s.io', 'v1', 'Ingress', 'ingresses', true);
export const INGRESS_CLASSES = resource<IngressClass>(
  'networking.k8s.io',
  'v1',
  'IngressClass',
  'ingressclasses',
  false,
);
export const NETWORK_POLICIES = resource<NetworkPolicy>(
  'networking.k8s.io',
  'v1',
  'NetworkPolicy',
  'networkpolicies',
  true,
);
export const IP_ADDRESSES = resource<IPAddress>('networking.k8s.io', 'v1', 'IPAddress', 'ipaddresses', false);
export const SERVICE_CIDRS = resource<ServiceCIDR>('networking.k8s.io', 'v1', 'ServiceCIDR', 'servicecidrs', false);
export const ENDPOINT_SLICES = resource<EndpointSlice>(
  'discovery.k8s.io',
  'v1',
  'EndpointSlice',
  'endpointslices',
  true,
);
export const ROLES = resource<Role>('rbac.authorization.k8s.io', 'v1', 'Role', 'roles', true);
export const CLUSTER_ROLES = resource<ClusterRole>(
  'rbac.authorization.k8s.io',
  'v1',
  'ClusterRole',
  'clusterroles',
  false,
);
export const ROLE_BINDINGS = resource<RoleBinding>(
  'rbac.authorization.k8s.io',
  'v1',
  'RoleBinding',
  'rolebindings',
  true,
);
export const CLUSTER_ROLE_BINDINGS = resource<ClusterRoleBinding>(
  'rbac.authorization.k8s.io',
  'v1',
  'ClusterRoleBinding',
  'clusterrolebindings',
  false,
);
export const STORAGE_CLASSES = resource<StorageClass>('storage.k8s.io', 'v1', 'StorageClass', 'storageclasses', false);
export const PRIORITY_CLASSES = resource<PriorityClass>(
  'scheduling.k8s.io',
  'v1',
  'PriorityClass',
  'priorityclasses',
  false,
);
export const RUNTIME_CLASSES = resource<RuntimeClass>('node.k8s.io', 'v1', 'RuntimeClass', 'runtimeclasses', false);
export const CERTIFICATE_SIGNING_REQUESTS = resource<CertificateSigningRequest>(
  'certificates.k8s.io',
  'v1',
  'CertificateSigningRequest',
  'certificatesigningrequests',
  false,
);
export const TOKEN_REVIEWS = resource<TokenReview>('authentication.k8s.io', 'v1', 'TokenReview', 'tokenreviews', false);
export const BINDINGS = resource<Binding>('', 'v1', 'Binding', 'bindings', true);
export const HORIZONTAL_POD_AUTOSCALERS = resource<HorizontalPodAutoscaler>(
  'autoscaling',
  'v2',
  'HorizontalPodAutoscaler',
  'horizontalpodautoscalers',
  true,
);
export const HORIZONTAL_POD_AUTOSCALERS_V1 = resource<HorizontalPodAutoscalerV1>(
  'autoscaling',
  'v1',
  'HorizontalPodAutoscaler',
  'horizontalpodautoscalers',
  true,
);
export const EVENTS_V1 = resource<EventsV1>('events.k8s.io', 'v1', 'Event', 'events', true);
export const VOLUME_ATTACHMENTS = resource<VolumeAttachment>(
  'storage.k8s.io',
  'v1',
  'VolumeAttachment',
  'volumeattachments',
  false,
);
export const CSI_DRIVERS = resource<CSIDriver>('storage.k8s.io', 'v1', 'CSIDriver', 'csidrivers', false);
export const CSI_NODES = resource<CSINode>('storage.k8s.io', 'v1', 'CSINode', 'csinodes', false);
export const VOLUME_ATTRIBUTES_CLASSES = resource<VolumeAttributesClass>(
  'storage.k8s.io',
  'v1',
  'VolumeAttributesClass',
  'volumeattributesclasses',
  false,
);
export const MUTATING_WEBHOOK_CONFIGURATIONS = resource<MutatingWebhookConfiguration>(
  'admissionregistration.k8s.io',
  'v1',
  'MutatingWebhookConfiguration',
  'mutatingwebhookconfigurations',
  false,
);
export const VALIDATING_WEBHOOK_CONFIGURATIONS = resource<ValidatingWebhookConfiguration>(
  'admissionregistration.k8s.io',
  'v1',
  'ValidatingWebhookConfiguration',
  'validatingwebhookconfigurations',
  false,
);
export const VALIDATING_ADMISSION_POLICIES = resource<ValidatingAdmissionPolicy>(
  'admissionregistration.k8s.io',
  'v1',
  'ValidatingAdmissionPolicy',
  'validatingadmissionpolicies',
  false,
);
export const VALIDATING_ADMISSION_POLICY_BINDINGS = resource<ValidatingAdmissionPolicyBinding>(
  'admissionregistration.k8s.io',
  'v1',
  'ValidatingAdmissionPolicyBinding',
  'validatingadmissionpolicybindings',
  false,
);
export const SELF_SUBJECT_ACCESS_REVIEWS = resource<SelfSubjectAccessReview>(
  'authorization.k8s.io',
  'v1',
  'SelfSubjectAccessReview',
  'selfsubjectaccessreviews',
  false,
);
export const SUBJECT_ACCESS_REVIEWS = resource<SubjectAccessReview>(
  'authorization.k8s.io',
  'v1',
  'SubjectAccessReview',
  'subjectaccessreviews',
  false,
);
export const LOCAL_SUBJECT_ACCESS_REVIEWS = resource<LocalSubjectAccessReview>(
  'authorization.k8s.io',
  'v1',
  'LocalSubjectAccessReview',
  'localsubjectaccessreviews',
  true,
);
export const SELF_SUBJECT_RULES_REVIEWS = resource<SelfSubjectRulesReview>(
  'authorization.k8s.io',
  'v1',
  'SelfSubjectRulesReview',
  'selfsubjectrulesreviews',
  false,
);
export const SELF_SUBJECT_REVIEWS = resource<SelfSubjectReview>(
  'authentication.k8s.io',
  'v1',
  'SelfSubjectReview',
  'selfsubjectreviews',
  false,
);
export const SELF_SUBJECT_REVIEWS_V1BETA1 = resource<SelfSubjectReview>(
  'authentication.k8s.io',
  'v1beta1',
  'SelfSubjectReview',
  'selfsubjectreviews',
  false,
);
export const CUSTOM_RESOURCE_DEFINITIONS = resource<CustomResourceDefinition>(
  'apiextensions.k8s.io',
  'v1',
  'CustomResourceDefinition',
  'customresourcedefinitions',
  false,
);
export const API_SERVICES = resource<APIService>('apiregistration.k8s.io', 'v1', 'APIService', 'apiservices', false);
export const MACHINES = resource<Machine>('machines.wheelhouse.dev', 'v1alpha1', 'Machine', 'machines', false);

/** `v1`, or `apps/v1`. */
export function apiVersionOf(type: Pick<ResourceType, 'group' | 'version'>): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

/** The URL path of a collection, or of one object when `name` is given. */
export function pathOf(type: ResourceType, namespace?: string, name?: string, subresource?: string): string {
  const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  const scope = type.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  const object = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `${root}${scope}/${type.plural}${object}${subresource ? `/${subresource}` : ''}`;
}
