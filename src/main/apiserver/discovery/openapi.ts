import { setImmediate as nextTurn } from 'node:timers/promises';
import { openApiIndex, openApiText } from '../../resources/openapi/openapi.ts';
import { openApiV2Json, openApiV2Protobuf } from '../../resources/openapi/v2-document.ts';
import type { KindCatalog } from '../../resources/catalog.ts';
import type { Answer } from '../api-call.ts';

/** The requested name of this type has an `@`, which is no legal media type in a reply. */
const V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/** /openapi/v2, /openapi/v3 and /openapi/v3/GROUP-VERSION-PATH; undefined when there is none. */
export function openApiAnswer(catalog: KindCatalog, path: string, accept: string): Answer | undefined {
  if (path === '/openapi/v2') return openApiV2(catalog, accept);
  if (path === '/openapi/v3') return { type: 'object', code: 200, value: openApiIndex(catalog) };
  const document = path.startsWith('/openapi/v3/')
    ? openApiText(catalog, path.slice('/openapi/v3/'.length))
    : undefined;
  return (
    document && { type: 'text', code: 200, contentType: 'application/json', text: document.text, etag: document.hash }
  );
}

/** JSON unless protobuf is asked for, as kubectl and client-go do. */
function openApiV2(catalog: KindCatalog, accept: string): Answer {
  const protobuf = accept.includes('openapi.spec.v2');
  return {
    type: 'stream',
    code: 200,
    contentType: protobuf ? V2_PROTOBUF : 'application/json',
    body: inTurns(protobuf ? openApiV2Protobuf(catalog) : openApiV2Json(catalog)),
  };
}

/** Everyone else gets a turn between two pieces. */
async function* inTurns(pieces: Iterable<Uint8Array | string>): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    yield typeof piece === 'string' ? Buffer.from(piece) : piece;
    await nextTurn();
  }
}
