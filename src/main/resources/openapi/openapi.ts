import { createHash } from 'node:crypto';
import { apiVersionOf } from '../../../shared/api/kinds.ts';
import type { KindDefinition } from '../definition.ts';
import type { KindCatalog } from '../catalog.ts';
import { reachableFrom } from '../schema/catalog.ts';
import { LIST_META, refTo, type Schema } from '../schema/schema.ts';
import { withPatchTags } from './patch-tags.ts';
import { DELETE_OPTIONS, listSchemaName, pathsOf, SCALE, STATUS } from './paths.ts';

/** `/openapi/v3`: where the document of each group version is; the hash changes with its content. */
export interface OpenApiIndex {
  paths: Record<string, { serverRelativeURL: string }>;
}

interface Built {
  document: object;
  text: string;
  hash: string;
}

/** What was built for a catalog, for as long as it serves the same. */
const builtFor = new WeakMap<KindCatalog, { generation: number; documents: Map<string, Built> }>();

function documentsOf(catalog: KindCatalog): Map<string, Built> {
  let entry = builtFor.get(catalog);
  if (entry?.generation !== catalog.generation) {
    entry = { generation: catalog.generation, documents: new Map() };
    builtFor.set(catalog, entry);
  }
  return entry.documents;
}

/** `api/v1`, `apis/apps/v1`: what follows `/openapi/v3/` in the URL. */
const keyOf = ({ type }: KindDefinition): string => `${type.group === '' ? 'api' : 'apis'}/${apiVersionOf(type)}`;

/** The documents are built on the first call and kept until what is served changes. */
export function openApiIndex(catalog: KindCatalog): OpenApiIndex {
  const keys = [...new Set(catalog.kinds().map(keyOf))];
  return {
    paths: Object.fromEntries(
      keys.map((key) => [key, { serverRelativeURL: `/openapi/v3/${key}?hash=${build(catalog, key)?.hash ?? ''}` }]),
    ),
  };
}

/** The document of one group version (`apis/apps/v1`), undefined for one we do not serve. Shared: never change it. */
export function openApiDocument(catalog: KindCatalog, groupVersion: string): object | undefined {
  return build(catalog, groupVersion)?.document;
}

/** The same as JSON text, with its hash (the ETag). */
export function openApiText(catalog: KindCatalog, groupVersion: string): { text: string; hash: string } | undefined {
  return build(catalog, groupVersion);
}

function build(catalog: KindCatalog, key: string): Built | undefined {
  const built = documentsOf(catalog);
  const existing = built.get(key);
  if (existing) return existing;
  const kinds = catalog.kinds().filter((kind) => keyOf(kind) === key);
  if (kinds.length === 0) return undefined;
  const document = {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.34.0' },
    paths: Object.assign({}, ...kinds.map(pathsOf)) as object,
    components: { schemas: componentsOf(kinds) },
  };
  const text = JSON.stringify(document);
  const hash = createHash('sha256').update(text).digest('hex').toUpperCase();
  const result = { document, text, hash };
  built.set(key, result);
  return result;
}

function componentsOf(kinds: readonly KindDefinition[]): Record<string, Schema> {
  const roots = [
    ...kinds.map(({ schema }) => schema),
    ...(kinds.some(({ scale }) => scale) ? [SCALE] : []),
    ...[STATUS, DELETE_OPTIONS, LIST_META],
  ];
  const lists = kinds.map((kind): [string, Schema] => [listSchemaName(kind), listSchema(kind)]);
  const tagged = [...reachableFrom(roots)].map(([name, schema]): [string, Schema] => [
    name,
    withPatchTags(name, schema),
  ]);
  const entries: [string, Schema][] = [...tagged, ...lists];
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function listSchema({ type, schema }: KindDefinition): Schema {
  return {
    description: `${type.kind}List is a list of ${type.kind} objects.`,
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
    'x-kubernetes-group-version-kind': [{ group: type.group, version: type.version, kind: `${type.kind}List` }],
  };
}
