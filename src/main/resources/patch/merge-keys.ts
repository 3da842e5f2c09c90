/**
 * How strategic merge treats a list (or struct) of a schema: the `patchStrategy` and `patchMergeKey` tags of
 * k8s.io/api, which the generated models do not carry. A list that is not here is replaced whole.
 */
export interface PatchRule {
  /** Objects are merged with the one that has the same value here; absent for lists of plain values. */
  mergeKey?: string;
  merge: boolean;
  /** `$retainKeys` is understood: the fields not named are dropped (a union's other branch). */
  retainKeys?: boolean;
}

const by = (mergeKey: string): PatchRule => ({ merge: true, mergeKey });
const byRetaining = (mergeKey: string): PatchRule => ({ merge: true, mergeKey, retainKeys: true });
const VALUES: PatchRule = { merge: true };

const CORE = 'io.k8s.api.core.v1';
const APPS = 'io.k8s.api.apps.v1';
const BATCH = 'io.k8s.api.batch.v1';
const NETWORKING = 'io.k8s.api.networking.v1';
const ADMISSION = 'io.k8s.api.admissionregistration.v1';
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

const CONTAINER_RULES = {
  env: by('name'),
  ports: by('containerPort'),
  volumeDevices: by('devicePath'),
  volumeMounts: by('mountPath'),
};

const RULES: Readonly<Record<string, Readonly<Record<string, PatchRule>>>> = {
  [`${META}.ObjectMeta`]: { ownerReferences: by('uid'), finalizers: VALUES },
  [`${CORE}.PodSpec`]: {
    containers: by('name'),
    initContainers: by('name'),
    ephemeralContainers: by('name'),
    volumes: byRetaining('name'),
    imagePullSecrets: by('name'),
    hostAliases: by('ip'),
    topologySpreadConstraints: by('topologyKey'),
    schedulingGates: by('name'),
    resourceClaims: byRetaining('name'),
  },
  [`${CORE}.PodStatus`]: {
    conditions: by('type'),
    podIPs: by('ip'),
    hostIPs: by('ip'),
    resourceClaimStatuses: byRetaining('name'),
  },
  [`${CORE}.Container`]: CONTAINER_RULES,
  [`${CORE}.EphemeralContainer`]: CONTAINER_RULES,
  [`${CORE}.ContainerStatus`]: { volumeMounts: by('mountPath'), allocatedResourcesStatus: by('name') },
  [`${CORE}.NodeSpec`]: { podCIDRs: VALUES },
  [`${CORE}.NodeStatus`]: { conditions: by('type'), addresses: by('type') },
  [`${CORE}.NamespaceStatus`]: { conditions: by('type') },
  [`${CORE}.ServiceAccount`]: { secrets: by('name') },
  [`${APPS}.DeploymentSpec`]: { strategy: { merge: false, retainKeys: true } },
  [`${APPS}.DeploymentStatus`]: { conditions: by('type') },
  [`${APPS}.ReplicaSetStatus`]: { conditions: by('type') },
  [`${CORE}.ServiceSpec`]: { ports: by('port') },
  [`${CORE}.ServiceStatus`]: { conditions: by('type') },
  [`${CORE}.PersistentVolumeClaimStatus`]: { conditions: by('type') },
  [`${CORE}.ReplicationControllerStatus`]: { conditions: by('type') },
  [`${APPS}.StatefulSetStatus`]: { conditions: by('type') },
  [`${APPS}.DaemonSetStatus`]: { conditions: by('type') },
  [`${BATCH}.JobStatus`]: { conditions: by('type') },
  'io.k8s.api.policy.v1.PodDisruptionBudgetStatus': { conditions: by('type') },
  [`${NETWORKING}.ServiceCIDRStatus`]: { conditions: by('type') },
  'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus': { conditions: by('type') },
  [`${ADMISSION}.ValidatingWebhookConfiguration`]: { webhooks: by('name') },
  [`${ADMISSION}.MutatingWebhookConfiguration`]: { webhooks: by('name') },
  [`${ADMISSION}.ValidatingWebhook`]: { matchConditions: by('name') },
  [`${ADMISSION}.MutatingWebhook`]: { matchConditions: by('name') },
  [`${ADMISSION}.ValidatingAdmissionPolicySpec`]: { matchConditions: by('name'), variables: by('name') },
  'io.k8s.api.storage.v1.CSINodeSpec': { drivers: by('name') },
};

const REPLACE: PatchRule = { merge: false };

/** The rule of one field of a named schema. */
export const patchRule = (schemaName: string | undefined, field: string): PatchRule =>
  (schemaName === undefined ? undefined : RULES[schemaName]?.[field]) ?? REPLACE;
