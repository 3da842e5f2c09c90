import { CelEnvironment, type Program } from '../cel/environment.ts';
import { AUTHORIZER_TYPE } from '../cel/library/authorizer.ts';
import { DYN, ObjectType, type CelType } from '../cel/types.ts';

/** What an expression about a request can read besides `object`, `oldObject`, `request` and `namespaceObject`. */
export interface ExpressionScope {
  /** `params`: the parameters of a policy that has a paramKind. */
  params: boolean;
  /** `authorizer`: may the user of the request do something else? */
  authorizer: boolean;
}

const STRING: CelType = { kind: 'string' };
const STRINGS: CelType = { kind: 'list', items: STRING };
const LABELS: CelType = { kind: 'map', values: STRING };
const INT: CelType = { kind: 'int' };
const TIMESTAMP: CelType = { kind: 'timestamp' };

function objectType(name: string, fields: Readonly<Record<string, CelType>>): ObjectType {
  const type = new ObjectType(name);
  for (const [field, fieldType] of Object.entries(fields)) type.fields.set(field, { name: field, type: fieldType });
  return type;
}

/** The types upstream makes by hand (apiserver admission/plugin/cel compile.go BuildRequestType, BuildNamespaceType). */
function requestType(): ObjectType {
  const kind = objectType('kubernetes.GroupVersionKind', { group: STRING, version: STRING, kind: STRING });
  const resource = objectType('kubernetes.GroupVersionResource', { group: STRING, version: STRING, resource: STRING });
  return objectType('kubernetes.AdmissionRequest', {
    kind,
    resource,
    subResource: STRING,
    requestKind: kind,
    requestResource: resource,
    requestSubResource: STRING,
    name: STRING,
    namespace: STRING,
    operation: STRING,
    userInfo: objectType('kubernetes.UserInfo', {
      username: STRING,
      uid: STRING,
      groups: STRINGS,
      extra: { kind: 'map', values: STRINGS },
    }),
    dryRun: { kind: 'bool' },
    options: DYN,
  });
}

function namespaceType(): ObjectType {
  return objectType('kubernetes.Namespace', {
    metadata: objectType('kubernetes.NamespaceMetadata', {
      name: STRING,
      generateName: STRING,
      namespace: STRING,
      labels: LABELS,
      annotations: LABELS,
      UID: STRING,
      creationTimestamp: TIMESTAMP,
      deletionGracePeriodSeconds: INT,
      deletionTimestamp: TIMESTAMP,
      generation: INT,
      resourceVersion: STRING,
      finalizers: STRINGS,
    }),
    spec: objectType('kubernetes.NamespaceSpec', { finalizers: STRINGS }),
    status: objectType('kubernetes.NamespaceStatus', { phase: STRING }),
  });
}

const environments = new Map<string, CelEnvironment>();

/** The environment of expressions of webhooks and policies; `object` may be of a known type, for type checking. */
export function admissionEnvironment(
  scope: ExpressionScope,
  object: CelType = DYN,
  params: CelType = DYN,
): CelEnvironment {
  const typed = object !== DYN || params !== DYN;
  const name = `${scope.params},${scope.authorizer}`;
  const known = typed ? undefined : environments.get(name);
  if (known) return known;
  const made = CelEnvironment.of({
    object,
    oldObject: object,
    request: requestType(),
    namespaceObject: namespaceType(),
    ...(scope.params ? { params } : {}),
    ...(scope.authorizer ? { authorizer: { kind: 'named', name: AUTHORIZER_TYPE } } : {}),
  });
  if (!typed) environments.set(name, made);
  return made;
}

/** The same with `variables.NAME` for each variable that was compiled before. */
export function withVariables(
  environment: CelEnvironment,
  variables: Iterable<readonly [name: string, program: Program]>,
): CelEnvironment {
  const fields = Object.fromEntries(
    [...variables].map(([name, { resultType }]) => [name, { kind: 'named', name: resultType } as const]),
  );
  return environment.with({ variables: objectType('kubernetes.variables', fields) });
}
