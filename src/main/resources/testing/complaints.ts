import type { KubeObject } from '../../../shared/api/meta.ts';
import { decodeObject } from '../decode/decode-object.ts';
import type { JsonObject } from '../decode/json-value.ts';
import { mergePatch } from '../patch/merge-patch.ts';
import { causeOf, type FieldError } from '../validation/field-error.ts';
import { validateMetadata, validateMetadataUpdate } from '../validation/metadata.ts';
import { created, kindNamed, sampleOf } from './samples.ts';

/** For tests: what the rules of a kind say about an object, as `field: message`. */

const CONTEXT = { now: new Date('2026-01-01T00:00:00Z'), userName: 'tester' };
const said = (errors: FieldError[]): string[] =>
  errors.map(causeOf).map(({ field, message }) => `${field}: ${message}`);

/** What is wrong with a sample changed by a merge patch, as on a create. */
export function complaints(kindName: string, change: JsonObject): string[] {
  const kind = kindNamed(kindName);
  const object = created(kindName, mergePatch(sampleOf(kindName), change) as JsonObject);
  return said([...validateMetadata(kind, object), ...kind.validate(object), ...(kind.validateCreate?.(object) ?? [])]);
}

/** What is wrong with changing a stored sample by a merge patch, and the object as it would be stored. */
export function update(kindName: string, change: JsonObject, stored: KubeObject = created(kindName)) {
  const kind = kindNamed(kindName);
  const { object } = decodeObject(kind, mergePatch(stored, change));
  kind.setDefaults(object);
  kind.prepareForUpdate?.(object, stored, CONTEXT);
  const errors = [
    ...validateMetadataUpdate(object, stored),
    ...kind.validate(object),
    ...(kind.validateUpdate?.(object, stored) ?? []),
  ];
  return { object, errors: said(errors) };
}
