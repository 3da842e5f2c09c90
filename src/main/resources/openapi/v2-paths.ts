import type { Schema } from '../schema/schema.ts';
import type { Parameter } from './parameters.ts';
import type { Method, Operation, PathItem } from './paths.ts';
import { schemaV2, type SchemaV2 } from './v2-schema.ts';

export interface ParameterV2 {
  name: string;
  in: 'path' | 'query' | 'body';
  description?: string;
  required?: boolean;
  type?: string;
  uniqueItems?: boolean;
  /** Of the body. */
  schema?: SchemaV2;
}

export interface OperationV2 {
  description: string;
  operationId: string;
  tags: readonly string[];
  consumes: readonly string[];
  produces: readonly string[];
  schemes: readonly string[];
  parameters?: readonly ParameterV2[];
  responses: Readonly<Record<string, { description: string; schema?: SchemaV2 }>>;
  'x-kubernetes-action': string;
  'x-kubernetes-group-version-kind': unknown;
}

export type PathItemV2 = Partial<Record<Method, OperationV2>> & { parameters?: readonly ParameterV2[] };

const METHODS: readonly Method[] = ['get', 'post', 'put', 'patch', 'delete'];
const PRODUCES = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

/** A path in the words of v2: bodies are parameters, and media types are listed beside the operation. */
export function pathV2(item: PathItem): PathItemV2 {
  const result: PathItemV2 = item.parameters ? { parameters: item.parameters.map(parameterV2) } : {};
  for (const method of METHODS) {
    const operation = item[method];
    if (operation) result[method] = operationV2(operation);
  }
  return result;
}

function parameterV2({ name, in: place, description, required, schema }: Parameter): ParameterV2 {
  return {
    name,
    in: place,
    description,
    ...(required ? { required } : {}),
    type: schema.type ?? 'string',
    uniqueItems: true,
  };
}

function operationV2(operation: Operation): OperationV2 {
  const body = operation.requestBody?.content;
  const schema: Schema | undefined = body && Object.values(body)[0]?.schema;
  // Deletes do well without options.
  const required = operation['x-kubernetes-action'].startsWith('delete') ? {} : { required: true };
  const parameters: ParameterV2[] = [
    ...(schema ? [{ name: 'body', in: 'body' as const, ...required, schema: schemaV2(schema) }] : []),
    ...(operation.parameters ?? []).map(parameterV2),
  ];
  return {
    description: operation.description,
    operationId: operation.operationId,
    tags: operation.tags,
    consumes: body ? Object.keys(body) : ['*/*'],
    produces: PRODUCES,
    schemes: ['https'],
    ...(parameters.length > 0 ? { parameters } : {}),
    responses: Object.fromEntries(
      Object.entries(operation.responses).map(([code, { description, content }]) => {
        const shown = content && Object.values(content)[0]?.schema;
        return [code, { description, ...(shown ? { schema: schemaV2(shown) } : {}) }];
      }),
    ),
    'x-kubernetes-action': operation['x-kubernetes-action'],
    'x-kubernetes-group-version-kind': operation['x-kubernetes-group-version-kind'],
  };
}
