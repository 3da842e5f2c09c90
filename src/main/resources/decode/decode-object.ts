import type { KubeObject } from '../../../shared/api/meta.ts';
import { apiVersionOf, type ResourceType } from '../../../shared/api/kinds.ts';
import { ApiError, badRequest, invalid } from '../../../shared/api/errors.ts';
import { causeOf } from '../validation/field-error.ts';
import { decodeAs } from './schema-decoder.ts';
import { DecodeError } from './decode-error.ts';
import { getOwn, isJsonObject, jsonTypeOf, type JsonObject } from './json-value.ts';

/** What decoding needs to know of a kind; subresource bodies (Scale, Binding, Eviction) are decoded with this too. */
export interface Decodable {
  type: Pick<ResourceType, 'group' | 'version' | 'kind'>;
  /** Name of the schema, e.g. `io.k8s.api.autoscaling.v1.Scale`. */
  schema: string;
  /** Reads a body by rules of its own. */
  decode?(body: JsonObject): { value: JsonObject; unknownFields: string[] };
  /** A kind of ours, which answers as a custom resource does: 422 with the field, where built-in kinds say 400. */
  custom?: boolean;
}

/**
 * Turns a parsed body into an object of the kind: types checked against the schema, quantities and times in canonical
 * form, nulls dropped, a missing apiVersion or kind filled in. Fields the schema does not have are left out and their
 * paths returned (`spec.template.spec.containers[0].bar`).
 * Throws ApiError 400 in upstream's words; `details.causes` holds the path of the field, which those words lack.
 */
export function decodeObject(kind: Decodable, value: unknown): { object: KubeObject; unknownFields: string[] } {
  if (!isJsonObject(value)) {
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind.type.kind}): couldn't get version/kind; json parse error: json: cannot unmarshal ${jsonTypeOf(value)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    );
  }
  checkTypeMeta(kind, value);
  try {
    const decoded = kind.decode?.(value) ?? decodeAs(kind.schema, value);
    const { apiVersion: _version, kind: _kind, ...rest } = decoded.value as JsonObject;
    return {
      object: { apiVersion: apiVersionOf(kind.type), kind: kind.type.kind, ...rest },
      unknownFields: decoded.unknownFields,
    };
  } catch (error) {
    if (error instanceof DecodeError)
      throw kind.custom ? schemaViolation(kind, value, error) : unmarshalError(kind, error);
    throw error;
  }
}

function unmarshalError(kind: Decodable, error: DecodeError): ApiError {
  return new ApiError(400, 'BadRequest', `${cannotBeHandled(kind, kind.type.version)}: ${error.message}`, {
    causes: [{ reason: 'FieldValueTypeInvalid', message: error.message, field: error.field }],
  });
}

/** `Deployment in version "v1" cannot be handled as a Deployment`: what upstream puts before every decoding error. */
export const cannotBeHandled = (kind: Decodable, version: string, actualKind = kind.type.kind): string =>
  `${actualKind} in version ${JSON.stringify(version)} cannot be handled as a ${kind.type.kind}`;

/** What the schema validation of custom resources says. */
function schemaViolation(kind: Decodable, value: JsonObject, error: DecodeError): ApiError {
  const metadata = getOwn(value, 'metadata');
  const name = isJsonObject(metadata) && typeof metadata['name'] === 'string' ? metadata['name'] : '';
  const actual = Array.isArray(error.actual) ? 'array' : typeof error.actual;
  return invalid(kind.type, name, [
    causeOf({
      type: 'TypeInvalid',
      field: error.field,
      value: actual,
      detail: `${error.field} in body must be of type ${error.expected}: ${JSON.stringify(actual)}`,
    }),
  ]);
}

function checkTypeMeta(kind: Decodable, value: JsonObject): void {
  const expected = apiVersionOf(kind.type);
  const apiVersion = typeMetaField(kind, value, 'apiVersion') || expected;
  const actualKind = typeMetaField(kind, value, 'kind') || kind.type.kind;
  if (apiVersion !== expected) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
    );
  }
  if (actualKind !== kind.type.kind) {
    throw badRequest(
      `${cannotBeHandled(kind, kind.type.version, actualKind)}: converting (${kind.type.version}.${actualKind}) to (${kind.type.version}.${kind.type.kind}): unknown conversion`,
    );
  }
}

function typeMetaField(kind: Decodable, value: JsonObject, field: 'apiVersion' | 'kind'): string {
  const text = getOwn(value, field);
  if (text === undefined || text === null) return '';
  if (typeof text === 'string') return text;
  const message = `json: cannot unmarshal ${jsonTypeOf(text)} into Go struct field .${field} of type string`;
  throw new ApiError(
    400,
    'BadRequest',
    `the object provided is unrecognized (must be of type ${kind.type.kind}): couldn't get version/kind; json parse error: ${message}`,
    { causes: [{ reason: 'FieldValueTypeInvalid', message, field }] },
  );
}
