import { badRequest, invalid } from '../../../shared/api/errors.ts';
import { shareFieldSets } from '../../../shared/api/managed-fields.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import { decodeObject, type Decodable } from '../../resources/decode/decode-object.ts';
import { parseBody } from '../../resources/decode/parse-body.ts';
import { isProtobuf, parseProtobuf } from '../protobuf/parse-protobuf.ts';
import { metaOf } from './context.ts';
import { isPlainObject } from './plain-object.ts';
import type { FieldValidation } from './request-options.ts';

/** What came with a request: bytes off the wire, or a value from a client in the same process. */
export type RequestBody =
  | { readonly bytes: Uint8Array; readonly contentType: string }
  | { readonly value: unknown; readonly contentType: string };

/** The media type without parameters, in lower case; empty when none was given. */
export const mediaTypeOf = (contentType: string): string => (contentType.split(';')[0] ?? '').trim().toLowerCase();

/** The body as a JSON value, and the fields it says twice. Throws 400 / 415. */
export function readBody(body: RequestBody): { value: unknown; duplicateFields: string[] } {
  if ('value' in body) return { value: body.value, duplicateFields: [] };
  if (isProtobuf(mediaTypeOf(body.contentType))) return { value: parseProtobuf(body.bytes), duplicateFields: [] };
  // kubectl sends PUT /scale without a type.
  return parseBody(body.bytes, body.contentType === '' ? 'application/json' : body.contentType);
}

/** Whether managedFields are there and empty, which decoding makes the same as absent. Upstream: forget them, as `[{}]`. */
function forgetsOwners(value: unknown): boolean {
  const metadata = isPlainObject(value) ? value['metadata'] : undefined;
  const owners = isPlainObject(metadata) ? metadata['managedFields'] : undefined;
  return Array.isArray(owners) && owners.length === 0;
}

/** What is wrong with fields, in upstream's words. */
export const complaintsOf = (unknown: readonly string[], duplicate: readonly string[]): string[] => [
  ...unknown.map((path) => `unknown field ${JSON.stringify(path)}`),
  ...duplicate.map((path) => `duplicate field ${JSON.stringify(path)}`),
];

/** Decodes a whole object. Unknown and duplicate fields are an error (Strict), warnings (Warn) or dropped (Ignore). */
export function decodeBody(
  kind: Decodable,
  body: RequestBody,
  fieldValidation: FieldValidation,
  warnings: string[],
): KubeObject {
  const { value, duplicateFields } = readBody(body);
  // Bytes were read just now, so what came of them may be changed; a client's own value may not.
  if ('bytes' in body && isPlainObject(value)) shareFieldSets(value);
  const { object, unknownFields } = decodeObject(kind, value);
  if (forgetsOwners(value)) metaOf(object).managedFields = [{}];
  const complaints = complaintsOf(unknownFields, duplicateFields);
  if (fieldValidation === 'Strict' && complaints.length > 0)
    throw badRequest(
      `${kind.type.kind} in version ${JSON.stringify(kind.type.version)} cannot be handled as a ${kind.type.kind}: strict decoding error: ${complaints.join(', ')}`,
    );
  if (fieldValidation === 'Warn') warnings.push(...complaints);
  return object;
}

/** Decodes the result of a patch. `patch` is shown in the error, as upstream does. */
export function decodePatched(
  kind: Decodable,
  patched: unknown,
  patch: { value: unknown; duplicateFields: string[] },
  fieldValidation: FieldValidation,
  warnings: string[],
): KubeObject {
  const { object, unknownFields } = decodeObject(kind, patched);
  if (forgetsOwners(patched)) metaOf(object).managedFields = [{}];
  const complaints = complaintsOf(unknownFields, patch.duplicateFields);
  if (fieldValidation === 'Strict' && complaints.length > 0) {
    const detail = `strict decoding error: ${complaints.join(', ')}`;
    throw invalid({ group: '', kind: '' }, '', [
      {
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${JSON.stringify(JSON.stringify(patch.value))}: ${detail}`,
        field: 'patch',
      },
    ]);
  }
  if (fieldValidation === 'Warn')
    for (const complaint of complaints) if (!warnings.includes(complaint)) warnings.push(complaint);
  return object;
}
