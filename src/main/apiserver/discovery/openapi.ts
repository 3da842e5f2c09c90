import { openApiIndex, openApiText } from '../../resources/openapi/openapi.ts';
import type { KindCatalog } from '../../resources/catalog.ts';
import type { Answer } from '../api-call.ts';

/** An OpenAPI v2 document in protobuf that says only its version ("2.0"): kubectl 1.28 and older refuse to go on without one. */
const EMPTY_V2 = String.fromCharCode(0x0a, 0x03, 0x32, 0x2e, 0x30);
/** The requested name of this type has an `@`, which is no legal media type in a reply. */
const V2_CONTENT_TYPE = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/** /openapi/v2, /openapi/v3 and /openapi/v3/GROUP-VERSION-PATH; undefined when there is none. */
export function openApiAnswer(catalog: KindCatalog, path: string): Answer | undefined {
  if (path === '/openapi/v2') return { type: 'text', code: 200, contentType: V2_CONTENT_TYPE, text: EMPTY_V2 };
  if (path === '/openapi/v3') return { type: 'object', code: 200, value: openApiIndex(catalog) };
  const document = path.startsWith('/openapi/v3/')
    ? openApiText(catalog, path.slice('/openapi/v3/'.length))
    : undefined;
  return document && { type: 'text', code: 200, contentType: 'application/json', text: document.text };
}
