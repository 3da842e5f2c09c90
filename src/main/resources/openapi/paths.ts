import { apiVersionOf } from '../../../shared/api/kinds.ts';
import type { KindDefinition } from '../definition.ts';
import { refTo, type Schema } from '../schema/schema.ts';
import {
  DELETE_PARAMETERS,
  LIST_PARAMETERS,
  nameOf,
  NAMESPACE,
  PATCH_PARAMETERS,
  PRETTY,
  WRITE_PARAMETERS,
  type Parameter,
} from './parameters.ts';

export const SCALE = 'io.k8s.api.autoscaling.v1.Scale';
export const STATUS = 'io.k8s.apimachinery.pkg.apis.meta.v1.Status';
export const DELETE_OPTIONS = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
export type PathItem = Partial<Record<Method, Operation>> & { parameters?: readonly Parameter[] };

type Content = Readonly<Record<string, { schema: Schema }>>;

/** An operation on a path, as OpenAPI v3 has it. */
export interface Operation {
  description: string;
  operationId: string;
  tags: string[];
  parameters?: readonly Parameter[];
  requestBody?: { content: Content };
  responses: Readonly<Record<string, { description: string; content?: Content }>>;
  'x-kubernetes-action': string;
  'x-kubernetes-group-version-kind': { group: string; version: string; kind: string };
}

const ALL_VERBS = new Set(['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']);
export const verbsOf = ({ verbs }: Pick<KindDefinition, 'verbs'>): ReadonlySet<string> =>
  verbs ? new Set(verbs) : ALL_VERBS;

/** The name of a kind's list schema. */
export const listSchemaName = ({ schema }: Pick<KindDefinition, 'schema'>): string => `${schema}List`;

interface OperationText {
  action: string;
  description: string;
  /** First part of the operation id; with the group version and kind it is unique. */
  verb: string;
}

/** Every path of a kind: its collections, its objects, their status and scale; with the verbs it has. */
export function pathsOf(kind: KindDefinition): Record<string, PathItem> {
  const { group, plural, namespaced } = kind.type;
  const root = `/${group === '' ? 'api' : 'apis'}/${apiVersionOf(kind.type)}`;
  const collection = namespaced ? `${root}/namespaces/{namespace}/${plural}` : `${root}/${plural}`;
  const scope = namespaced ? [NAMESPACE, PRETTY] : [PRETTY];
  const object = [nameOf(kind.type.kind), ...scope];
  const item = `${collection}/{name}`;
  const verbs = verbsOf(kind);
  const when = (verb: string, operations: () => PathItem): PathItem => (verbs.has(verb) ? operations() : {});
  const { get, put, patch } = objectOperations(kind, kind.schema, '');
  const paths: Record<string, PathItem> = {
    ...(namespaced
      ? {
          [`${root}/${plural}`]: {
            ...when('list', () => ({ get: list(kind, 'ForAllNamespaces') })),
            parameters: [PRETTY],
          },
        }
      : {}),
    [collection]: {
      ...when('list', () => ({ get: list(kind, '') })),
      ...when('create', () => ({
        post: write(kind, { action: 'post', verb: 'create', description: `create a ${kind.type.kind}` }, kind.schema),
      })),
      ...when('deletecollection', () => ({ delete: removeCollection(kind) })),
      parameters: scope,
    },
    [item]: {
      ...when('get', () => (get ? { get } : {})),
      ...when('update', () => (put ? { put } : {})),
      ...when('patch', () => (patch ? { patch } : {})),
      ...when('delete', () => ({ delete: remove(kind) })),
      parameters: object,
    },
    ...(kind.hasStatus
      ? { [`${item}/status`]: { ...objectOperations(kind, kind.schema, 'Status'), parameters: object } }
      : {}),
    ...(kind.scale ? { [`${item}/scale`]: { ...objectOperations(kind, SCALE, 'Scale'), parameters: object } } : {}),
  };
  return Object.fromEntries(
    Object.entries(paths).filter(([, { parameters: _shared, ...own }]) => Object.keys(own).length > 0),
  );
}

function objectOperations(kind: KindDefinition, schema: string, part: 'Status' | 'Scale' | ''): PathItem {
  const what =
    part === '' ? `the specified ${kind.type.kind}` : `${part.toLowerCase()} of the specified ${kind.type.kind}`;
  return {
    get: operation(kind, { action: 'get', verb: 'read', description: `read ${what}` }, { part, responds: schema }),
    put: write(kind, { action: 'put', verb: 'replace', description: `replace ${what}` }, schema, part),
    patch: operation(
      kind,
      { action: 'patch', verb: 'patch', description: `partially update ${what}` },
      { part, responds: schema, parameters: PATCH_PARAMETERS, body: patchBody(kind) },
    ),
  };
}

const list = (kind: KindDefinition, part: string): Operation =>
  operation(
    kind,
    { action: 'list', verb: 'list', description: `list or watch objects of kind ${kind.type.kind}` },
    { part, responds: listSchemaName(kind), parameters: LIST_PARAMETERS },
  );

const write = (kind: KindDefinition, text: OperationText, schema: string, part = ''): Operation =>
  operation(kind, text, { part, responds: schema, parameters: WRITE_PARAMETERS, body: bodyOf(refTo(schema)) });

const remove = (kind: KindDefinition): Operation =>
  operation(
    kind,
    { action: 'delete', verb: 'delete', description: `delete a ${kind.type.kind}` },
    { part: '', responds: STATUS, parameters: DELETE_PARAMETERS, body: bodyOf(refTo(DELETE_OPTIONS)) },
  );

const removeCollection = (kind: KindDefinition): Operation =>
  operation(
    kind,
    { action: 'deletecollection', verb: 'deleteCollection', description: `delete collection of ${kind.type.kind}` },
    {
      part: '',
      responds: STATUS,
      parameters: [...DELETE_PARAMETERS, ...LIST_PARAMETERS],
      body: bodyOf(refTo(DELETE_OPTIONS)),
    },
  );

const bodyOf = (schema: Schema, mediaTypes = ['*/*']): { content: Content } => ({
  content: Object.fromEntries(mediaTypes.map((type) => [type, { schema }])),
});

const patchBody = (kind: KindDefinition): { content: Content } =>
  bodyOf(
    {
      description: 'Patch is provided to give a concrete name and type to the Kubernetes PATCH request body.',
      type: 'object',
    },
    [
      'application/apply-patch+yaml',
      'application/json-patch+json',
      'application/merge-patch+json',
      ...(kind.custom ? [] : ['application/strategic-merge-patch+json']),
    ],
  );

function operation(
  kind: KindDefinition,
  text: OperationText,
  details: { part: string; responds: string; parameters?: readonly Parameter[]; body?: { content: Content } },
): Operation {
  const { group, version, kind: name, namespaced } = kind.type;
  const tag = `${group === '' ? 'core' : camel(group.split('.')[0] ?? '')}_${version}`;
  const scope = namespaced && details.part !== 'ForAllNamespaces' ? 'Namespaced' : '';
  const idTag = tag.replace(/_./, (match) => match.slice(1).toUpperCase());
  return {
    description: text.description,
    operationId: `${text.verb}${capital(idTag)}${scope}${name}${details.part}`,
    tags: [tag],
    ...(details.parameters ? { parameters: details.parameters } : {}),
    ...(details.body ? { requestBody: details.body } : {}),
    responses: {
      '200': { description: 'OK', content: { 'application/json': { schema: refTo(details.responds) } } },
      '401': { description: 'Unauthorized' },
    },
    'x-kubernetes-action': text.action,
    'x-kubernetes-group-version-kind':
      details.part === 'Scale'
        ? { group: 'autoscaling', version: 'v1', kind: 'Scale' }
        : { group, version, kind: name },
  };
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const camel = (text: string): string => text.replace(/-(.)/g, (_match, letter: string) => letter.toUpperCase());
