// Makes src/main/resources/generated/schemas.ts: the OpenAPI schemas of the kinds we serve, read from the generated models
// of @kubernetes/client-node (whose field names, types and descriptions are upstream's). The layout of those files is
// machine-made and regular, so a few regular expressions read it in well under a second.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COMMON, FIELDS } from './schema-descriptions.mjs';

const require = createRequire(import.meta.url);
const MODELS = join(dirname(require.resolve('@kubernetes/client-node')), 'gen', 'models');
const OUTPUT = join(
  dirname(fileURLToPath(import.meta.url)),
  '..',
  'src',
  'main',
  'resources',
  'generated',
  'schemas.ts',
);

/** Model classes to start from; everything they reach comes with them. A new kind is added here and in registry.ts. */
const ROOTS = [
  ...['V1Namespace', 'V1Node', 'V1Pod', 'V1ConfigMap', 'V1Secret', 'V1ServiceAccount', 'CoreV1Event', 'V1Binding'],
  ...['V1Deployment', 'V1ReplicaSet', 'V1Lease', 'V1Scale', 'V1Eviction'],
  ...['V1Service', 'V1Endpoints', 'V1PersistentVolume', 'V1PersistentVolumeClaim', 'V1ResourceQuota', 'V1LimitRange'],
  ...['V1ReplicationController', 'V1PodTemplate', 'V1Job', 'V1CronJob', 'V1StatefulSet', 'V1DaemonSet'],
  ...['V1ControllerRevision', 'V1Ingress', 'V1IngressClass', 'V1NetworkPolicy', 'V1IPAddress', 'V1ServiceCIDR'],
  ...['V1Role', 'V1ClusterRole', 'V1RoleBinding', 'V1ClusterRoleBinding'],
  ...['V1StorageClass', 'V1PodDisruptionBudget', 'V1PriorityClass', 'V1EndpointSlice', 'V1RuntimeClass'],
  ...['V2HorizontalPodAutoscaler', 'V1HorizontalPodAutoscaler', 'EventsV1Event'],
  ...['V1VolumeAttachment', 'V1CSIDriver', 'V1CSINode', 'V1VolumeAttributesClass'],
  ...['V1MutatingWebhookConfiguration', 'V1ValidatingWebhookConfiguration'],
  ...['V1ValidatingAdmissionPolicy', 'V1ValidatingAdmissionPolicyBinding'],
  ...['V1CertificateSigningRequest', 'V1TokenReview'],
  ...['AuthenticationV1TokenRequest', 'V1SelfSubjectAccessReview', 'V1SelfSubjectRulesReview', 'V1SelfSubjectReview'],
  ...['V1SubjectAccessReview', 'V1LocalSubjectAccessReview', 'V1beta1SelfSubjectReview'],
  ...['V1CustomResourceDefinition', 'V1APIService'],
  ...['V1Status', 'V1DeleteOptions', 'V1ListMeta', 'V1Condition'],
];

/** Group-version-kind of the root kinds, for `x-kubernetes-group-version-kind`; their lists get theirs from here too. */
const GROUP_VERSION_KIND = {
  V1Namespace: ['', 'v1', 'Namespace'],
  V1Node: ['', 'v1', 'Node'],
  V1Pod: ['', 'v1', 'Pod'],
  V1ConfigMap: ['', 'v1', 'ConfigMap'],
  V1Secret: ['', 'v1', 'Secret'],
  V1ServiceAccount: ['', 'v1', 'ServiceAccount'],
  CoreV1Event: ['', 'v1', 'Event'],
  V1Binding: ['', 'v1', 'Binding'],
  V1Deployment: ['apps', 'v1', 'Deployment'],
  V1ReplicaSet: ['apps', 'v1', 'ReplicaSet'],
  V1Service: ['', 'v1', 'Service'],
  V1Endpoints: ['', 'v1', 'Endpoints'],
  V1PersistentVolume: ['', 'v1', 'PersistentVolume'],
  V1PersistentVolumeClaim: ['', 'v1', 'PersistentVolumeClaim'],
  V1ResourceQuota: ['', 'v1', 'ResourceQuota'],
  V1LimitRange: ['', 'v1', 'LimitRange'],
  V1ReplicationController: ['', 'v1', 'ReplicationController'],
  V1PodTemplate: ['', 'v1', 'PodTemplate'],
  V1Job: ['batch', 'v1', 'Job'],
  V1CronJob: ['batch', 'v1', 'CronJob'],
  V1StatefulSet: ['apps', 'v1', 'StatefulSet'],
  V1DaemonSet: ['apps', 'v1', 'DaemonSet'],
  V1ControllerRevision: ['apps', 'v1', 'ControllerRevision'],
  V1Ingress: ['networking.k8s.io', 'v1', 'Ingress'],
  V1IngressClass: ['networking.k8s.io', 'v1', 'IngressClass'],
  V1NetworkPolicy: ['networking.k8s.io', 'v1', 'NetworkPolicy'],
  V1IPAddress: ['networking.k8s.io', 'v1', 'IPAddress'],
  V1ServiceCIDR: ['networking.k8s.io', 'v1', 'ServiceCIDR'],
  V1Role: ['rbac.authorization.k8s.io', 'v1', 'Role'],
  V1ClusterRole: ['rbac.authorization.k8s.io', 'v1', 'ClusterRole'],
  V1RoleBinding: ['rbac.authorization.k8s.io', 'v1', 'RoleBinding'],
  V1ClusterRoleBinding: ['rbac.authorization.k8s.io', 'v1', 'ClusterRoleBinding'],
  V1StorageClass: ['storage.k8s.io', 'v1', 'StorageClass'],
  V1PodDisruptionBudget: ['policy', 'v1', 'PodDisruptionBudget'],
  V1PriorityClass: ['scheduling.k8s.io', 'v1', 'PriorityClass'],
  V1EndpointSlice: ['discovery.k8s.io', 'v1', 'EndpointSlice'],
  V1RuntimeClass: ['node.k8s.io', 'v1', 'RuntimeClass'],
  V2HorizontalPodAutoscaler: ['autoscaling', 'v2', 'HorizontalPodAutoscaler'],
  V1HorizontalPodAutoscaler: ['autoscaling', 'v1', 'HorizontalPodAutoscaler'],
  EventsV1Event: ['events.k8s.io', 'v1', 'Event'],
  V1VolumeAttachment: ['storage.k8s.io', 'v1', 'VolumeAttachment'],
  V1CSIDriver: ['storage.k8s.io', 'v1', 'CSIDriver'],
  V1CSINode: ['storage.k8s.io', 'v1', 'CSINode'],
  V1VolumeAttributesClass: ['storage.k8s.io', 'v1', 'VolumeAttributesClass'],
  V1MutatingWebhookConfiguration: ['admissionregistration.k8s.io', 'v1', 'MutatingWebhookConfiguration'],
  V1ValidatingWebhookConfiguration: ['admissionregistration.k8s.io', 'v1', 'ValidatingWebhookConfiguration'],
  V1ValidatingAdmissionPolicy: ['admissionregistration.k8s.io', 'v1', 'ValidatingAdmissionPolicy'],
  V1ValidatingAdmissionPolicyBinding: ['admissionregistration.k8s.io', 'v1', 'ValidatingAdmissionPolicyBinding'],
  V1Lease: ['coordination.k8s.io', 'v1', 'Lease'],
  V1CustomResourceDefinition: ['apiextensions.k8s.io', 'v1', 'CustomResourceDefinition'],
  V1APIService: ['apiregistration.k8s.io', 'v1', 'APIService'],
  V1Scale: ['autoscaling', 'v1', 'Scale'],
  V1Eviction: ['policy', 'v1', 'Eviction'],
  AuthenticationV1TokenRequest: ['authentication.k8s.io', 'v1', 'TokenRequest'],
  V1TokenReview: ['authentication.k8s.io', 'v1', 'TokenReview'],
  V1CertificateSigningRequest: ['certificates.k8s.io', 'v1', 'CertificateSigningRequest'],
  V1SelfSubjectReview: ['authentication.k8s.io', 'v1', 'SelfSubjectReview'],
  V1beta1SelfSubjectReview: ['authentication.k8s.io', 'v1beta1', 'SelfSubjectReview'],
  V1SelfSubjectAccessReview: ['authorization.k8s.io', 'v1', 'SelfSubjectAccessReview'],
  V1SelfSubjectRulesReview: ['authorization.k8s.io', 'v1', 'SelfSubjectRulesReview'],
  V1SubjectAccessReview: ['authorization.k8s.io', 'v1', 'SubjectAccessReview'],
  V1LocalSubjectAccessReview: ['authorization.k8s.io', 'v1', 'LocalSubjectAccessReview'],
  V1Status: ['', 'v1', 'Status'],
  V1DeleteOptions: ['', 'v1', 'DeleteOptions'],
};

/** Class names lost their group; the first pattern that fits gives it back. What fits none is core. */
const PACKAGES = [
  [
    /^(APIGroup|APIResource|APIVersions|Condition$|DeleteOptions|FieldSelectorRequirement|GroupVersionForDiscovery|LabelSelector$|LabelSelectorRequirement|ListMeta|ManagedFieldsEntry|ObjectMeta|OwnerReference|Preconditions|ServerAddressByClientCIDR|Status$|StatusCause|StatusDetails|WatchEvent)/,
    'apimachinery.pkg.apis.meta',
  ],
  [/^(ControllerRevision|DaemonSet|Deployment|ReplicaSet|RollingUpdate|StatefulSet)/, 'api.apps'],
  [/^(CronJob|Job|PodFailurePolicy|SuccessPolicy|UncountedTerminatedPods)/, 'api.batch'],
  [
    /^(Scale|CrossVersionObjectReference|HorizontalPodAutoscaler|HPAScaling|Metric(Identifier|Spec|Status|Target|ValueStatus)|(ContainerResource|External|Object|Pods|Resource)Metric(Source|Status))/,
    'api.autoscaling',
    /^ScaleIO/,
  ],
  [
    /^(AuditAnnotation|ExpressionWarning|Match(Condition|Resources)$|(Mutating|Validating)|NamedRuleWithOperations|Param(Kind|Ref)$|RuleWithOperations|TypeChecking|Validation$|Variable$)/,
    'api.admissionregistration',
  ],
  [
    /^(CustomResource|ExternalDocumentation$|JSONSchemaProps|SelectableField$|ValidationRule$|WebhookConversion$)/,
    'apiextensions-apiserver.pkg.apis.apiextensions',
  ],
  [/^APIService/, 'kube-aggregator.pkg.apis.apiregistration'],
  [/^Lease/, 'api.coordination'],
  [/^(Eviction|PodDisruptionBudget)/, 'api.policy'],
  [
    /^(HTTPIngress|Ingress|IPAddress|IPBlock|NetworkPolicy|ParentReference|ServiceBackendPort|ServiceCIDR)/,
    'api.networking',
  ],
  [/^(AggregationRule|ClusterRole|PolicyRule|Role)/, 'api.rbac'],
  [/^(StorageClass|CSI(Driver|Node)|Volume(Attach|Attributes|Error|NodeResources))/, 'api.storage'],
  [/^PriorityClass/, 'api.scheduling'],
  [/^CertificateSigningRequest/, 'api.certificates'],
  [/^(Endpoint$|EndpointConditions|EndpointHints|EndpointSlice|ForNode|ForZone)/, 'api.discovery'],
  [/^(Overhead|RuntimeClass|Scheduling)/, 'api.node'],
  [/^(TokenRequest|TokenReview|BoundObjectReference|SelfSubjectReview|UserInfo)/, 'api.authentication'],
  [
    /^(SelfSubject|SubjectAccess|SubjectRules|LocalSubjectAccess|ResourceAttributes|NonResourceAttributes|ResourceRule|NonResourceRule|FieldSelectorAttributes|LabelSelectorAttributes)/,
    'api.authorization',
  ],
];

/** The models call a quantity a string; these fields (of any class so named) are quantities. */
const QUANTITY_FIELDS = {
  ResourceRequirements: ['limits', 'requests'],
  VolumeResourceRequirements: ['limits', 'requests'],
  NodeStatus: ['allocatable', 'capacity'],
  ContainerStatus: ['allocatedResources'],
  PodStatus: ['allocatedResources'],
  PodSpec: ['overhead'],
  EmptyDirVolumeSource: ['sizeLimit'],
  ResourceFieldSelector: ['divisor'],
  PersistentVolumeSpec: ['capacity'],
  PersistentVolumeClaimStatus: ['allocatedResources', 'capacity'],
  ResourceQuotaSpec: ['hard'],
  ResourceQuotaStatus: ['hard', 'used'],
  LimitRangeItem: ['default', 'defaultRequest', 'max', 'maxLimitRequestRatio', 'min'],
  Overhead: ['podFixed'],
  MetricTarget: ['averageValue', 'value'],
  MetricValueStatus: ['averageValue', 'value'],
  HPAScalingRules: ['tolerance'],
};

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const REF = {
  Date: `${META}.Time`,
  V1MicroTime: `${META}.MicroTime`,
  IntOrString: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
};
const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity';

/** Types that are classes in Go and one JSON value on the wire. */
const SCALARS = {
  [REF.Date]: {
    description:
      'Time is a wrapper around time.Time which supports correct marshaling to YAML and JSON.  Wrappers are provided for many of the factory methods that the time package offers.',
    type: 'string',
    format: 'date-time',
  },
  [REF.V1MicroTime]: {
    description: 'MicroTime is version of Time with microsecond level precision.',
    type: 'string',
    format: 'date-time',
  },
  [REF.IntOrString]: {
    description:
      'IntOrString is a type that can hold an int32 or a string.  When used in JSON or YAML marshalling and unmarshalling, it produces or consumes the inner type.  This allows you to have, for example, a JSON field that can accept a name or number.',
    format: 'int-or-string',
    oneOf: [{ type: 'integer' }, { type: 'string' }],
  },
  [QUANTITY]: {
    description:
      'Quantity is a fixed-point representation of a number: a decimal number with an optional suffix (m, k, M, G, T, P, E, or Ki, Mi, Gi, Ti, Pi, Ei) or exponent.',
    oneOf: [{ type: 'string' }, { type: 'number' }],
  },
  [`${META}.FieldsV1`]: {
    description:
      'FieldsV1 stores a set of fields in a data structure like a Trie, in JSON format. Each key is either a "." representing the field itself, and will always map to an empty set, or a string representing a sub-field or item.',
    type: 'object',
  },
};

const EXTENSIONS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';
const anySchema = (name) =>
  `${name} represents any valid JSON value. These types are supported: bool, int64, float64, string, []interface{}, map[string]interface{} and nil.`;

/** Fields of JSONSchemaProps that are of one type or another, which the models call `any`; wrapped as the model has them. */
const JSON_SCHEMA_TYPES = {
  items: 'JSONSchemaPropsOrArray',
  additionalItems: 'JSONSchemaPropsOrBool',
  additionalProperties: 'JSONSchemaPropsOrBool',
  dependencies: 'JSONSchemaPropsOrStringArray',
  default: 'JSON',
  example: 'JSON',
  enum: 'JSON',
};
Object.assign(SCALARS, {
  [`${EXTENSIONS}.JSON`]: { description: anySchema('JSON'), 'x-kubernetes-preserve-unknown-fields': true },
  [`${EXTENSIONS}.JSONSchemaPropsOrArray`]: {
    description:
      'JSONSchemaPropsOrArray represents a value that can either be a JSONSchemaProps or an array of JSONSchemaProps. Mainly here for serialization purposes.',
  },
  [`${EXTENSIONS}.JSONSchemaPropsOrBool`]: {
    description:
      'JSONSchemaPropsOrBool represents JSONSchemaProps or a boolean value. Defaults to true for the boolean property.',
  },
  [`${EXTENSIONS}.JSONSchemaPropsOrStringArray`]: {
    description: 'JSONSchemaPropsOrStringArray represents a JSONSchemaProps or a string array.',
  },
});

/** Prefixes of models whose group is not `k8s.io/api`. */
const PREFIXED = {
  Apiextensions: 'apiextensions-apiserver.pkg.apis.apiextensions',
  Apiregistration: 'kube-aggregator.pkg.apis.apiregistration',
};

/** `V1Deployment` -> `io.k8s.api.apps.v1.Deployment`, as upstream names it and `kubectl explain` shows it. */
function schemaName(className) {
  const [, prefix = '', version = 'v1', base = className] =
    /^([A-Z][a-z]+)??(V\d+(?:(?:alpha|beta)\d+)?)([A-Z].*)$/.exec(className) ?? [];
  const group = prefix
    ? (PREFIXED[prefix] ?? `api.${prefix.toLowerCase()}`)
    : (PACKAGES.find(([pattern, , but]) => pattern.test(base) && !but?.test(base))?.[1] ?? 'api.core');
  return `io.k8s.${group}.${version.toLowerCase()}.${base}`;
}

const unescape = (text) => text.replace(/\\(['"`\\])/g, '$1').trim();
const reference = (name) => ({ $ref: `#/components/schemas/${name}` });

/** Descriptions and optionality come from the declarations, names and types from the attribute map. */
function readModel(className) {
  const declaration = readFileSync(join(MODELS, `${className}.d.ts`), 'utf8');
  const source = readFileSync(join(MODELS, `${className}.js`), 'utf8');
  const described = new Map();
  const optional = new Set();
  for (const [, comment, name, mark] of declaration.matchAll(
    /(?:\/\*\*\n((?:\s+\*.*\n)*?)\s+\*\/\n)?\s+'([^']+)'(\?)?: /g,
  )) {
    if (comment) described.set(name, unescape(comment.replace(/^\s+\* ?/gm, '')));
    if (mark) optional.add(name);
  }
  const [, about = ''] = /\/\*\*\n((?:\s*\*.*\n)*?)\s*\*\/\nexport declare class/.exec(declaration) ?? [];
  const map = /attributeTypeMap = (\[[\s\S]*?\n\]);/.exec(source)?.[1] ?? '[]';
  return { description: unescape(about.replace(/^\s*\* ?/gm, '')), described, optional, attributes: JSON.parse(map) };
}

const modelNames = new Set(readdirSync(MODELS).flatMap((file) => (file.endsWith('.d.ts') ? [file.slice(0, -5)] : [])));
const models = new Map();
const model = (className) => {
  if (!modelNames.has(className)) throw new Error(`no model ${className} in ${MODELS}`);
  if (!models.has(className)) models.set(className, readModel(className));
  return models.get(className);
};

function typeSchema(type, format, reached) {
  const array = /^Array<(.+)>$/.exec(type);
  if (array) return { type: 'array', items: typeSchema(array[1], format, reached) };
  const map = /^\{ \[key: string\]: (.+); \}$/.exec(type);
  if (map) return { type: 'object', additionalProperties: typeSchema(map[1], format, reached) };
  if (REF[type]) return reference(REF[type]);
  if (type === 'number') {
    return format === 'double' ? { type: 'number', format } : { type: 'integer', format: format || 'int32' };
  }
  if (type === 'string' || type === 'boolean') return format ? { type, format } : { type };
  if (type === 'any') return { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  reached.add(type);
  return reference(schemaName(type));
}

const asQuantity = (schema) =>
  schema.additionalProperties
    ? { type: 'object', additionalProperties: reference(QUANTITY) }
    : schema.type === 'string'
      ? reference(QUANTITY)
      : schema;

function classSchema(className, reached) {
  const { description, described, optional, attributes } = model(className);
  const shortName = schemaName(className).split('.').at(-1);
  const kind = GROUP_VERSION_KIND[className];
  const properties = {};
  const required = [];
  for (const { name, baseName, type, format } of attributes) {
    let schema = typeSchema(type, format, reached);
    if (QUANTITY_FIELDS[shortName]?.includes(baseName)) schema = asQuantity(schema);
    if (className === 'V1JSONSchemaProps' && JSON_SCHEMA_TYPES[baseName]) {
      const either = reference(`${EXTENSIONS}.${JSON_SCHEMA_TYPES[baseName]}`);
      if (schema.type === 'array') schema = { type: 'array', items: either };
      else schema = schema.additionalProperties ? { type: 'object', additionalProperties: either } : either;
    }
    if (className === 'V1ManagedFieldsEntry' && baseName === 'fieldsV1') schema = reference(`${META}.FieldsV1`);
    // The generator of the models drops the description of a field that refers to a class.
    const known = described.get(name) ?? FIELDS[shortName]?.[baseName] ?? (kind ? COMMON[baseName] : undefined);
    const text = known ?? (modelNames.has(type) ? model(type).description : undefined);
    const wrapped = schema.$ref ? { allOf: [schema] } : schema;
    properties[baseName] = text ? { description: text, ...wrapped } : wrapped;
    if (!optional.has(name)) required.push(baseName);
  }
  return {
    ...(description ? { description } : {}),
    type: 'object',
    properties,
    ...(required.length > 0 ? { required } : {}),
    ...(kind ? { 'x-kubernetes-group-version-kind': [{ group: kind[0], version: kind[1], kind: kind[2] }] } : {}),
  };
}

const schemas = { ...SCALARS };
const pending = new Set(ROOTS);
const done = new Set();
for (const className of pending) {
  if (done.has(className)) continue;
  done.add(className);
  schemas[schemaName(className)] = classSchema(className, pending);
}

const sorted = Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
mkdirSync(dirname(OUTPUT), { recursive: true });
writeFileSync(
  OUTPUT,
  `// Made by scripts/generate-schemas.mjs; not edited by hand.\n/** The schemas as JSON text: parsed once, when first asked for. */\nexport const schemasJson: string = ${JSON.stringify(JSON.stringify(sorted))};\n`,
);
