import type { KindCatalog } from '../catalog.ts';
import { kindsByGroupVersion, openApiDocument, type OpenApiV3 } from './openapi.ts';
import { pathV2, type PathItemV2 } from './v2-paths.ts';
import { definitionMessage, headMessage, pathsMessage } from './v2-protobuf.ts';
import { definitionV2, type SchemaV2 } from './v2-schema.ts';

const TITLE = 'Kubernetes';
const VERSION = 'v1.34.0';

const pathsV2 = ({ paths }: OpenApiV3): Record<string, PathItemV2> =>
  Object.fromEntries(Object.entries(paths).map(([path, item]) => [path, pathV2(item)]));

/** What was written of a group version's document, for as long as that document lives. */
const written = new WeakMap<OpenApiV3, { paths: Uint8Array; definitions: ReadonlyMap<string, Uint8Array> }>();

function writtenOf(document: OpenApiV3): { paths: Uint8Array; definitions: ReadonlyMap<string, Uint8Array> } {
  let entry = written.get(document);
  if (!entry) {
    const definitions = new Map(
      Object.entries(document.components.schemas).map(([name, schema]) => [
        name,
        definitionMessage(name, definitionV2(name, schema)),
      ]),
    );
    written.set(document, (entry = { paths: pathsMessage(pathsV2(document)), definitions }));
  }
  return entry;
}

/** The whole API as one OpenAPI v2 document in protobuf, in pieces: making all of it at once would hold everyone up. */
export function* openApiV2Protobuf(catalog: KindCatalog): Generator<Uint8Array> {
  const told = new Set<string>();
  yield headMessage(TITLE, VERSION);
  for (const key of kindsByGroupVersion(catalog).keys()) {
    const document = openApiDocument(catalog, key);
    if (!document) continue;
    const { paths, definitions } = writtenOf(document);
    const fresh = [...definitions].filter(([name]) => !told.has(name));
    for (const [name] of fresh) told.add(name);
    yield Buffer.concat([paths, ...fresh.map(([, bytes]) => bytes)]);
  }
}

/** The same as JSON, in pieces. */
export function* openApiV2Json(catalog: KindCatalog): Generator<string> {
  yield `{"swagger":"2.0","info":${JSON.stringify({ title: TITLE, version: VERSION })},"paths":{`;
  const definitions = new Map<string, SchemaV2>();
  let separator = '';
  for (const key of kindsByGroupVersion(catalog).keys()) {
    const document = openApiDocument(catalog, key);
    if (!document) continue;
    yield separator + JSON.stringify(pathsV2(document)).slice(1, -1);
    separator = ',';
    for (const [name, schema] of Object.entries(document.components.schemas))
      if (!definitions.has(name)) definitions.set(name, definitionV2(name, schema));
  }
  yield `},"definitions":${JSON.stringify(Object.fromEntries(definitions))}}`;
}
