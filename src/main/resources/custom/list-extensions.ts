import type { JsonSchema } from '../../../shared/api/custom-resource-definition.ts';
import type { FieldError } from '../validation/field-error.ts';
import { forbiddenField, invalidValue, notSupported, required } from '../validation/fields.ts';
import { childPath, itemsOf, keyPath, propertyOf } from './schema-nodes.ts';

const LIST_TYPES = ['atomic', 'set', 'map'];

/** Rules of `x-kubernetes-list-type` and `x-kubernetes-list-map-keys` of one node. */
export function listExtensionErrors(schema: JsonSchema, path: string): FieldError[] {
  const listType = schema['x-kubernetes-list-type'];
  const mapKeys = schema['x-kubernetes-list-map-keys'] ?? [];
  const at = childPath(path, 'x-kubernetes-list-type');
  const errors: FieldError[] = [];
  if (listType !== undefined && schema.type !== 'array') {
    const detail = 'must be array if x-kubernetes-list-type is specified';
    const typePath = childPath(path, 'type');
    errors.push(schema.type ? invalidValue(typePath, schema.type, detail) : required(typePath, detail));
  } else if (listType === 'set') errors.push(...setItemErrors(schema, path));
  if (listType !== undefined && !LIST_TYPES.includes(listType)) errors.push(notSupported(at, listType, LIST_TYPES));
  if (mapKeys.length > 0 && listType !== 'map') {
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty';
    errors.push(listType === undefined ? required(at, detail) : invalidValue(at, listType, detail));
  }
  if (listType === 'map') errors.push(...mapErrors(schema, mapKeys, path));
  const items = itemsOf(schema);
  if (items?.nullable && (listType === 'set' || listType === 'map'))
    errors.push(
      forbiddenField(
        childPath(path, 'items.nullable'),
        `cannot be nullable when x-kubernetes-list-type is ${listType}`,
      ),
    );
  return errors;
}

/** Items of a set are one value each. */
function setItemErrors(schema: JsonSchema, path: string): FieldError[] {
  const items = itemsOf(schema);
  const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  const listType = items?.['x-kubernetes-list-type'];
  if (items?.type === 'array' && listType !== undefined && listType !== 'atomic')
    return [invalidValue(childPath(path, 'items.x-kubernetes-list-type'), listType, detail)];
  const mapType = items?.['x-kubernetes-map-type'];
  if (items?.type === 'object' && mapType !== 'atomic')
    return [invalidValue(childPath(path, 'items.x-kubernetes-map-type'), mapType, detail)];
  return [];
}

function mapErrors(schema: JsonSchema, keys: readonly string[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  const items = itemsOf(schema);
  const at = childPath(path, 'x-kubernetes-list-map-keys');
  if (keys.length === 0) errors.push(required(at, 'must not be empty if x-kubernetes-list-type is map'));
  if (schema.items === undefined)
    errors.push(required(childPath(path, 'items'), 'must have a schema if x-kubernetes-list-type is map'));
  if (!items) return errors;
  if (items.type !== 'object')
    return [
      ...errors,
      invalidValue(
        childPath(path, 'items.type'),
        items.type ?? '',
        "must be object if parent array's x-kubernetes-list-type is map",
      ),
    ];
  for (const [index, key] of keys.entries()) {
    const property = propertyOf(items, key);
    const keyAt = keyPath(childPath(path, 'items.properties'), key);
    if (!property) errors.push(invalidValue(at, keys, 'entries must all be names of item properties'));
    if (keys.indexOf(key) < index) errors.push(invalidValue(at, keys, 'must not contain duplicate entries'));
    if (property?.type === 'array' || property?.type === 'object')
      errors.push(
        invalidValue(
          `${keyAt}.type`,
          items.type,
          "must be a scalar type if parent array's x-kubernetes-list-type is map",
        ),
      );
    if (property && !items.required?.includes(key) && property.default === undefined)
      errors.push(
        required(
          `${keyAt}.default`,
          'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
        ),
      );
    if (property?.nullable)
      errors.push(
        forbiddenField(`${keyAt}.nullable`, 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable'),
      );
  }
  return errors;
}
