import { patchRule } from '../patch/merge-keys.ts';
import type { ListKey } from './path-element.ts';

/**
 * What server-side apply must know of built-in kinds beyond their schemas: the `+listType`, `+listMapKey`, `+mapType`
 * and `+structType` markers of k8s.io/api. As upstream (kube-openapi's schemaconv), a list without a marker is what its
 * patch strategy says, and whole (`atomic`) without one.
 */
export type ListRule = 'atomic' | 'set' | readonly ListKey[];

const CORE = 'io.k8s.api.core.v1';
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const ADMISSION = 'io.k8s.api.admissionregistration.v1';
const EXTENSIONS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';

const by = (...names: string[]): ListRule => names.sort().map((name) => ({ name }));
const PROTOCOL: ListKey = { name: 'protocol', default: 'TCP' };

const PORTS: ListRule = [{ name: 'containerPort' }, PROTOCOL];
const CONDITIONS = { conditions: by('type') };

/** Where the markers say something else than the patch strategy. */
const LISTS: Readonly<Record<string, Readonly<Record<string, ListRule>>>> = {
  [`${CORE}.Container`]: { ports: PORTS },
  [`${CORE}.EphemeralContainer`]: { ports: PORTS },
  [`${CORE}.ServiceSpec`]: { ports: [{ name: 'port' }, PROTOCOL] },
  [`${CORE}.PodSpec`]: { topologySpreadConstraints: by('topologyKey', 'whenUnsatisfiable') },
  [`${CORE}.PodStatus`]: { hostIPs: 'atomic' },
  [`${CORE}.ResourceRequirements`]: { claims: by('name') },
  [`${CORE}.VolumeResourceRequirements`]: { claims: by('name') },
  [`${CORE}.ServiceAccount`]: { imagePullSecrets: 'atomic' },
  [`${CORE}.ResourceStatus`]: { resources: by('resourceID') },
  'io.k8s.api.batch.v1.JobStatus': { conditions: 'atomic' },
  'io.k8s.api.batch.v1.UncountedTerminatedPods': { succeeded: 'set', failed: 'set' },
  'io.k8s.api.batch.v1.PodFailurePolicyOnExitCodesRequirement': { values: 'set' },
  'io.k8s.api.discovery.v1.Endpoint': { addresses: 'set' },
  'io.k8s.api.storage.v1.CSINodeSpec': { drivers: by('name') },
  'io.k8s.api.storage.v1.CSIDriverSpec': { volumeLifecycleModes: 'set' },
  'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus': CONDITIONS,
  'io.k8s.api.certificates.v1.CertificateSigningRequestStatus': CONDITIONS,
  'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceStatus': CONDITIONS,
  [`${EXTENSIONS}.CustomResourceDefinitionStatus`]: CONDITIONS,
  [`${EXTENSIONS}.JSONSchemaProps`]: { 'x-kubernetes-validations': by('rule') },
  [`${ADMISSION}.MutatingWebhookConfiguration`]: { webhooks: by('name') },
  [`${ADMISSION}.ValidatingWebhookConfiguration`]: { webhooks: by('name') },
  [`${ADMISSION}.MutatingWebhook`]: { matchConditions: by('name') },
  [`${ADMISSION}.ValidatingWebhook`]: { matchConditions: by('name') },
  [`${ADMISSION}.ValidatingAdmissionPolicySpec`]: { matchConditions: by('name'), variables: by('name') },
  [`${ADMISSION}.ValidatingAdmissionPolicyBindingSpec`]: { validationActions: 'set' },
  [`${ADMISSION}.ValidatingAdmissionPolicyStatus`]: CONDITIONS,
};

/** How the items of a list field are told apart. */
export function listRule(schemaName: string | undefined, field: string): ListRule {
  const own = schemaName === undefined ? undefined : LISTS[schemaName]?.[field];
  if (own) return own;
  const rule = patchRule(schemaName, field);
  if (!rule.merge) return 'atomic';
  return rule.mergeKey === undefined ? 'set' : [{ name: rule.mergeKey }];
}

/** Structs that are owned whole (`+structType=atomic`). */
export const ATOMIC_STRUCTS: ReadonlySet<string> = new Set([
  ...[
    'ConfigMapKeySelector',
    'EndpointAddress',
    'EndpointPort',
    'FileKeySelector',
    'LocalObjectReference',
    'NodeSelector',
    'NodeSelectorTerm',
    'ObjectFieldSelector',
    'ObjectReference',
    'ResourceFieldSelector',
    'ScopeSelector',
    'ScopedResourceSelectorRequirement',
    'SecretKeySelector',
    'SecretReference',
    'TopologySelectorTerm',
    'TypedLocalObjectReference',
  ].map((name) => `${CORE}.${name}`),
  `${META}.LabelSelector`,
  `${META}.OwnerReference`,
  'io.k8s.api.rbac.v1.RoleRef',
  'io.k8s.api.rbac.v1.Subject',
  'io.k8s.api.discovery.v1.EndpointPort',
  `${ADMISSION}.MatchResources`,
  `${ADMISSION}.NamedRuleWithOperations`,
  `${ADMISSION}.ParamKind`,
  `${ADMISSION}.ParamRef`,
]);

const ATOMIC_FIELDS: Readonly<Record<string, readonly string[]>> = {
  [`${CORE}.PodSpec`]: ['nodeSelector'],
  [`${CORE}.ServiceSpec`]: ['selector'],
  [`${CORE}.ReplicationControllerSpec`]: ['selector'],
  'io.k8s.api.node.v1.Scheduling': ['nodeSelector'],
};

/** `claimRef` is an ObjectReference, but granular (`+structType=granular` on the field). */
const GRANULAR_FIELDS: Readonly<Record<string, readonly string[]>> = {
  [`${CORE}.PersistentVolumeSpec`]: ['claimRef'],
};

const names = (table: Readonly<Record<string, readonly string[]>>, schemaName: string | undefined, field: string) =>
  schemaName !== undefined && (table[schemaName]?.includes(field) ?? false);

/** Map fields that are owned whole (`+mapType=atomic`). */
export const isAtomicField = (schemaName: string | undefined, field: string): boolean =>
  names(ATOMIC_FIELDS, schemaName, field);

/** Fields whose struct is taken apart though it is whole elsewhere. */
export const isGranularField = (schemaName: string | undefined, field: string): boolean =>
  names(GRANULAR_FIELDS, schemaName, field);
