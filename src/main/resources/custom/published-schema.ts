import type { JsonSchema } from '../../../shared/api/custom-resource-definition.ts';
import type { ResourceType } from '../../../shared/api/kinds.ts';
import { OBJECT_META, refTo, type Schema } from '../schema/schema.ts';

/** `com.example.stable.v1.CronTab`, as upstream names the schema of a custom resource. */
export const schemaNameOf = ({ group, version, kind }: ResourceType): string =>
  [...group.split('.').reverse(), version, kind].join('.');

const API_VERSION =
  'APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources';
const KIND =
  'Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds';
const METADATA =
  "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

/** The schema as OpenAPI v3 publishes it and server-side apply reads it: whole, with what every object has. */
export function publishedSchema(schema: JsonSchema, type: ResourceType): Schema {
  const published = publish(schema);
  return {
    ...withMeta(published),
    'x-kubernetes-group-version-kind': [{ group: type.group, version: type.version, kind: type.kind }],
  };
}

const withMeta = (schema: Schema): Schema => ({
  ...schema,
  type: 'object',
  properties: {
    ...schema.properties,
    apiVersion: { description: API_VERSION, type: 'string' },
    kind: { description: KIND, type: 'string' },
    metadata: { description: METADATA, allOf: [refTo(OBJECT_META)] },
  },
});

/** The parts that are schemas themselves are published too; the rest is the same in both. */
function publish(schema: JsonSchema): Schema {
  const { properties, items, additionalProperties, default: fallback, ...others } = schema;
  const item = items as JsonSchema | undefined;
  const result = {
    ...others,
    ...(properties
      ? { properties: Object.fromEntries(Object.entries(properties).map(([name, node]) => [name, publish(node)])) }
      : {}),
    ...(item ? { items: publish(item) } : {}),
    ...(typeof additionalProperties === 'object' ? { additionalProperties: publish(additionalProperties) } : {}),
    ...(additionalProperties === true ? { 'x-kubernetes-preserve-unknown-fields': true } : {}),
    ...(fallback === undefined ? {} : { default: fallback }),
  } as Schema;
  return schema['x-kubernetes-embedded-resource'] ? withMeta(result) : result;
}
