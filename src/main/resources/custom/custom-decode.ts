import type { JsonSchema } from '../../../shared/api/custom-resource-definition.ts';
import { DecodeError } from '../decode/decode-error.ts';
import { copyJson, type JsonObject } from '../decode/json-value.ts';
import { decodeAs } from '../decode/schema-decoder.ts';
import { OBJECT_META } from '../schema/schema.ts';
import { applyDefaults, pruneForbiddenNulls } from './defaulting.ts';
import { pruneUnknown } from './pruning.ts';

/**
 * A body as a custom object: a private copy with unknown fields taken out (and told), nulls that mean nothing dropped and
 * defaults filled in. Types are left to validation; only `metadata` must be what it is for every object. Throws DecodeError.
 */
export function decodeCustom(schema: JsonSchema, body: JsonObject): { value: JsonObject; unknownFields: string[] } {
  const value = copyJson(body) as JsonObject;
  const unknownFields = pruneUnknown(value, schema);
  if (value['metadata'] !== undefined && value['metadata'] !== null) {
    const metadata = decodeMetadata(value['metadata']);
    value['metadata'] = metadata.value;
    unknownFields.push(...metadata.unknownFields.map((field) => `metadata.${field}`));
  } else delete value['metadata'];
  pruneForbiddenNulls(value, schema);
  applyDefaults(value, schema);
  return { value, unknownFields };
}

function decodeMetadata(metadata: unknown): { value: unknown; unknownFields: string[] } {
  try {
    return decodeAs(OBJECT_META, metadata);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const field = error.field === '' ? 'metadata' : `metadata.${error.field}`;
    throw new DecodeError(
      error.message.replace('ObjectMeta.', 'ObjectMeta.metadata.'),
      field,
      error.expected,
      error.actual,
    );
  }
}
