import type { OperationV2, ParameterV2, PathItemV2 } from './v2-paths.ts';
import type { SchemaV2 } from './v2-schema.ts';
import { WireWriter } from './wire-writer.ts';

/**
 * OpenAPI v2 as gnostic's `openapi.v2.Document` (openapiv2/OpenAPIv2.proto), which kubectl and client-go ask for. A
 * message may be sent in pieces that are put one after the other: the fields of the document come in as many as we like.
 */

/** `Any`: a value as YAML, of which JSON is a part. */
const any = (value: unknown): Uint8Array => new WireWriter().text(2, JSON.stringify(value)).bytes();

const named = (name: string, value: Uint8Array): Uint8Array => new WireWriter().text(1, name).message(2, value).bytes();

function extensions(writer: WireWriter, field: number, value: object): Uint8Array {
  for (const [name, extension] of Object.entries(value) as [string, unknown][])
    if (name.startsWith('x-')) writer.message(field, named(name, any(extension)));
  return writer.bytes();
}

/** `Schema`. */
function schemaMessage(schema: SchemaV2): Uint8Array {
  const { items, properties, additionalProperties, type } = schema;
  const writer = new WireWriter()
    .text(1, schema.$ref)
    .text(2, schema.format)
    .text(3, schema.title)
    .text(4, schema.description)
    .message(5, schema.default === undefined ? undefined : any(schema.default))
    .double(6, schema.multipleOf)
    .double(7, schema.maximum)
    .boolean(8, schema.exclusiveMaximum)
    .double(9, schema.minimum)
    .boolean(10, schema.exclusiveMinimum)
    .integer(11, schema.maxLength)
    .integer(12, schema.minLength)
    .text(13, schema.pattern)
    .integer(14, schema.maxItems)
    .integer(15, schema.minItems)
    .integer(17, schema.maxProperties)
    .integer(18, schema.minProperties)
    .texts(19, schema.required);
  for (const value of schema.enum ?? []) writer.message(20, any(value));
  writer
    .message(21, additionalProperties && new WireWriter().message(1, schemaMessage(additionalProperties)).bytes())
    .message(22, type === undefined ? undefined : new WireWriter().texts(1, [type]).bytes())
    .message(23, items && new WireWriter().message(1, schemaMessage(items)).bytes())
    .message(25, properties && schemasMessage(Object.entries(properties)));
  return extensions(writer, 31, schema);
}

/** `Definitions` and `Properties`: schemas by name. */
function schemasMessage(schemas: Iterable<readonly [string, SchemaV2]>): Uint8Array {
  const writer = new WireWriter();
  for (const [name, schema] of schemas) writer.message(1, named(name, schemaMessage(schema)));
  return writer.bytes();
}

/** Fields `swagger` and `info` of the document. */
export function headMessage(title: string, version: string): Uint8Array {
  const info = new WireWriter().text(1, title).text(2, version).bytes();
  return new WireWriter().text(1, '2.0').message(2, info).bytes();
}

/** One more schema in the document's `definitions`. */
export const definitionMessage = (name: string, schema: SchemaV2): Uint8Array =>
  new WireWriter().message(9, schemasMessage([[name, schema]])).bytes();

/** More paths in the document's `paths`. */
export function pathsMessage(paths: Readonly<Record<string, PathItemV2>>): Uint8Array {
  const writer = new WireWriter();
  for (const [path, item] of Object.entries(paths)) writer.message(2, named(path, pathItemMessage(item)));
  return new WireWriter().message(8, writer.bytes()).bytes();
}

function pathItemMessage({ get, put, post, delete: remove, patch, parameters }: PathItemV2): Uint8Array {
  const writer = new WireWriter()
    .message(2, get && operationMessage(get))
    .message(3, put && operationMessage(put))
    .message(4, post && operationMessage(post))
    .message(5, remove && operationMessage(remove))
    .message(8, patch && operationMessage(patch));
  for (const parameter of parameters ?? []) writer.message(9, parameterItem(parameter));
  return writer.bytes();
}

function operationMessage(operation: OperationV2): Uint8Array {
  const writer = new WireWriter()
    .texts(1, operation.tags)
    .text(3, operation.description)
    .text(5, operation.operationId)
    .texts(6, operation.produces)
    .texts(7, operation.consumes);
  for (const parameter of operation.parameters ?? []) writer.message(8, parameterItem(parameter));
  writer.message(9, responsesMessage(operation.responses)).texts(10, operation.schemes);
  return extensions(writer, 13, operation);
}

/** `ParametersItem` around `Parameter` around the message of its place. */
function parameterItem(parameter: ParameterV2): Uint8Array {
  const inner = new WireWriter();
  if (parameter.in === 'body') {
    const body = new WireWriter()
      .text(1, parameter.description)
      .text(2, parameter.name)
      .text(3, parameter.in)
      .boolean(4, parameter.required)
      .message(5, parameter.schema && schemaMessage(parameter.schema));
    inner.message(1, body.bytes());
  } else {
    const place = new WireWriter()
      .boolean(1, parameter.required)
      .text(2, parameter.in)
      .text(3, parameter.description)
      .text(4, parameter.name);
    // Query parameters have one more field before their type.
    const [type, unique, kind] = parameter.in === 'query' ? [6, 20, 3] : [5, 19, 4];
    place.text(type, parameter.type).boolean(unique, parameter.uniqueItems);
    inner.message(2, new WireWriter().message(kind, place.bytes()).bytes());
  }
  return new WireWriter().message(1, inner.bytes()).bytes();
}

function responsesMessage(responses: OperationV2['responses']): Uint8Array {
  const writer = new WireWriter();
  for (const [code, { description, schema }] of Object.entries(responses)) {
    const response = new WireWriter()
      .text(1, description)
      .message(2, schema && new WireWriter().message(1, schemaMessage(schema)).bytes());
    writer.message(1, named(code, new WireWriter().message(1, response.bytes()).bytes()));
  }
  return writer.bytes();
}
