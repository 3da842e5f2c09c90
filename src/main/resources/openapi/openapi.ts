import { createHash } from 'node:crypto';
import { apiVersionOf } from '../../../shared/api/kinds.ts';
import { equalJson } from '../decode/json-value.ts';
import type { KindDefinition } from '../definition.ts';
import type { KindCatalog } from '../catalog.ts';
import { reachableFrom } from '../schema/catalog.ts';
import { LIST_META, refTo, type Schema } from '../schema/schema.ts';
import { withMergeTags } from './merge-tags.ts';
import { DELETE_OPTIONS, listSchemaName, pathsOf, SCALE, STATUS, verbsOf, type PathItem } from './paths.ts';

/** `/openapi/v3`: where the document of each group version is; the hash changes with its content. */
export interface OpenApiIndex {
  paths: Record<string, { serverRelativeURL: string }>;
}

interface Built {
  document: OpenApiV3;
  text: string;
  hash: string;
  /** What it was built of: another one is built when they are others. */
  kinds: readonly KindDefinition[];
}

/** What is in a document of ours. */
export interface OpenApiV3 {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, PathItem>;
  components: { schemas: Record<string, Schema> };
}

const builtFor = new WeakMap<KindCatalog, Map<string, Built>>();
const byKey = new WeakMap<KindCatalog, { generation: number; kinds: Map<string, KindDefinition[]> }>();

/** The kinds of each group version, in the order of the catalog. */
export function kindsByGroupVersion(catalog: KindCatalog): ReadonlyMap<string, readonly KindDefinition[]> {
  let entry = byKey.get(catalog);
  if (entry?.generation !== catalog.generation) {
    const kinds = new Map<string, KindDefinition[]>();
    for (const kind of catalog.kinds()) kinds.set(keyOf(kind), [...(kinds.get(keyOf(kind)) ?? []), kind]);
    byKey.set(catalog, (entry = { generation: catalog.generation, kinds }));
  }
  return entry.kinds;
}

/** `api/v1`, `apis/apps/v1`: what follows `/openapi/v3/` in the URL. */
const keyOf = ({ type }: KindDefinition): string => `${type.group === '' ? 'api' : 'apis'}/${apiVersionOf(type)}`;

/** The documents are built on the first call and kept until what is served changes. */
export function openApiIndex(catalog: KindCatalog): OpenApiIndex {
  const keys = [...kindsByGroupVersion(catalog).keys()];
  return {
    paths: Object.fromEntries(
      keys.map((key) => [key, { serverRelativeURL: `/openapi/v3/${key}?hash=${build(catalog, key)?.hash ?? ''}` }]),
    ),
  };
}

/** The document of one group version (`apis/apps/v1`), undefined for one we do not serve. Shared: never change it. */
export function openApiDocument(catalog: KindCatalog, groupVersion: string): OpenApiV3 | undefined {
  return build(catalog, groupVersion)?.document;
}

/** The same as JSON text, with its hash (the ETag). */
export function openApiText(catalog: KindCatalog, groupVersion: string): { text: string; hash: string } | undefined {
  return build(catalog, groupVersion);
}

function build(catalog: KindCatalog, key: string): Built | undefined {
  let documents = builtFor.get(catalog);
  if (!documents) builtFor.set(catalog, (documents = new Map()));
  const kinds = kindsByGroupVersion(catalog).get(key);
  if (!kinds) {
    documents.delete(key);
    return undefined;
  }
  const existing = documents.get(key);
  if (existing && sameItems(existing.kinds, kinds)) return existing;
  const document = {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.34.0' },
    paths: Object.assign({}, ...kinds.map(pathsOf)) as Record<string, PathItem>,
    components: { schemas: componentsOf(kinds) },
  };
  const text = JSON.stringify(document);
  const hash = createHash('sha256').update(text).digest('hex').toUpperCase();
  const result = { document, text, hash, kinds };
  documents.set(key, result);
  return result;
}

const sameItems = (left: readonly unknown[], right: readonly unknown[]): boolean =>
  left.length === right.length && left.every((item, index) => item === right[index]);

function componentsOf(kinds: readonly KindDefinition[]): Record<string, Schema> {
  const roots = [
    ...kinds.map(({ schema }) => schema),
    ...(kinds.some(({ scale }) => scale) ? [SCALE] : []),
    ...[STATUS, DELETE_OPTIONS, LIST_META],
  ];
  const lists = kinds
    .filter((kind) => verbsOf(kind).has('list'))
    .map((kind): [string, Schema] => [listSchemaName(kind), listSchema(kind)]);
  const own = new Map(kinds.flatMap((kind) => (kind.schemaOf ? [[kind.schema, kind.schemaOf()] as const] : [])));
  const tagged = [...reachableFrom(roots, own)].map(([name, schema]): [string, Schema] => [
    name,
    withKinds(own.has(name) ? schema : withMergeTags(name, schema), name, kinds),
  ]);
  const entries: [string, Schema][] = [...tagged, ...lists];
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Several versions may be of one schema, which then names them all. */
function withKinds(schema: Schema, name: string, kinds: readonly KindDefinition[]): Schema {
  const named = schema['x-kubernetes-group-version-kind'] ?? [];
  const missing = kinds
    .filter((kind) => kind.schema === name)
    .map(({ type: { group, version, kind } }) => ({ group, version, kind }))
    .filter((own) => !named.some((gvk) => equalJson(gvk, own)));
  return missing.length === 0 ? schema : { ...schema, 'x-kubernetes-group-version-kind': [...named, ...missing] };
}

function listSchema({ type, schema, listKind = `${type.kind}List` }: KindDefinition): Schema {
  return {
    description: `${listKind} is a list of ${type.kind} objects.`,
    type: 'object',
    properties: {
      apiVersion: {
        description: 'APIVersion defines the versioned schema of this representation of an object.',
        type: 'string',
      },
      items: { description: 'Items is the list of objects.', type: 'array', items: refTo(schema) },
      kind: {
        description: 'Kind is a string value representing the REST resource this object represents.',
        type: 'string',
      },
      metadata: { description: 'Standard list metadata.', allOf: [refTo(LIST_META)] },
    },
    required: ['items'],
    'x-kubernetes-group-version-kind': [{ group: type.group, version: type.version, kind: listKind }],
  };
}
