import type { JsonSchema } from '../../../shared/api/custom-resource-definition.ts';

/** `spec`, `spec.a`, of field path `spec` and name `a`. */
export const childPath = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);
/** `labels[app]`: an entry of a map. */
export const keyPath = (path: string, key: string): string => `${path}[${key}]`;
export const indexPath = (path: string, index: number): string => `${path}[${index}]`;

const isSchemaList = (items: JsonSchema['items']): items is readonly JsonSchema[] => Array.isArray(items);

/** The schema of array items; undefined when there is none, or a list of them (which is not allowed). */
export const itemsOf = ({ items }: JsonSchema): JsonSchema | undefined => (isSchemaList(items) ? undefined : items);

/** The schema of map values; undefined when there is none or it is a boolean. */
export const valuesOf = ({ additionalProperties: values }: JsonSchema): JsonSchema | undefined =>
  typeof values === 'object' ? values : undefined;

/** The schema of a field, never something inherited. */
export const propertyOf = ({ properties }: JsonSchema, name: string): JsonSchema | undefined =>
  properties && Object.hasOwn(properties, name) ? properties[name] : undefined;

/** Fields that every resource has, at the root and in embedded resources, whatever the schema says. */
export const META_FIELDS: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata']);

/** Whether some schema in the tree fulfils the condition; junctors (`allOf` …) are not looked into. */
export function someNode(schema: JsonSchema, is: (node: JsonSchema) => boolean): boolean {
  if (is(schema)) return true;
  const items = itemsOf(schema);
  const values = valuesOf(schema);
  return (
    (items !== undefined && someNode(items, is)) ||
    (values !== undefined && someNode(values, is)) ||
    Object.values(schema.properties ?? {}).some((property) => someNode(property, is))
  );
}
