import { isFieldSet } from '../../../shared/api/field-set.ts';
import { FIELDS_V1, INT_OR_STRING, MICRO_TIME, QUANTITY, TIME, refOf, refTo, type Schema } from '../schema/schema.ts';
import { schemaNamed } from '../schema/catalog.ts';
import { copyJson, isJsonObject, jsonTypeOf, setOwn, type JsonObject } from './json-value.ts';
import { DecodeError, DecodePosition } from './decode-error.ts';
import { canonicalQuantity } from './quantity.ts';
import { canonicalTime, timeParseError } from './time.ts';

/** What happens to one value while it is decoded. */
interface Run {
  position: DecodePosition;
  unknownFields: string[];
}

/**
 * Checks one value against one schema and copies it. `zero` is what Go has for a `null` inside an array or map; a `null`
 * field is left out instead, as a nil pointer is when Go writes the object again.
 */
interface Decoder {
  decode(value: unknown, run: Run): unknown;
  zero(): unknown;
  /** The type in Go's words: `int32`, `[]v1.Container`. */
  goType: string;
}

const decoders = new Map<string, Decoder>();

/** Decodes a value as the named schema: private copy, unknown fields left out and reported. Throws DecodeError. */
export function decodeAs(schemaName: string, value: unknown): { value: unknown; unknownFields: string[] } {
  const run: Run = { position: new DecodePosition(), unknownFields: [] };
  return { value: decoderNamed(schemaName).decode(value, run), unknownFields: run.unknownFields };
}

function decoderNamed(name: string): Decoder {
  const existing = decoders.get(name);
  if (existing) return existing;
  const decoder = SPECIAL[name] ?? structDecoder(name, schemaNamed(name));
  decoders.set(name, decoder);
  return decoder;
}

function mismatch(run: Run, value: unknown, goType: string, expected: string): DecodeError {
  const shown = typeof value === 'number' && goType.startsWith('int') ? `number ${value}` : jsonTypeOf(value);
  return new DecodeError(
    `json: cannot unmarshal ${shown} into Go struct field ${run.position.goField()} of type ${goType}`,
    run.position.path(),
    expected,
    value,
  );
}

/** A failure of a type's own parser, which in Go carries no field; the field is in the Status's causes. */
const unparsable = (run: Run, message: string, expected: string, value: unknown): DecodeError =>
  new DecodeError(message, run.position.path(), expected, value);

function decoderOf(schema: Schema): Decoder {
  const name = refOf(schema);
  if (name) return decoderNamed(name);
  if (schema['x-kubernetes-preserve-unknown-fields']) return ANYTHING;
  switch (schema.type) {
    case 'array':
      return arrayDecoder(schema.items ?? {});
    case 'object':
      if (schema.additionalProperties) return mapDecoder(schema.additionalProperties);
      return schema.properties ? structDecoder('', schema) : ANYTHING;
    case 'string':
      return schema.format === 'byte' ? BYTES : STRING;
    case 'integer':
      return schema.format === 'int64' ? INT64 : INT32;
    case 'number':
      return FLOAT64;
    case 'boolean':
      return BOOLEAN;
    default:
      return ANYTHING;
  }
}

function structDecoder(name: string, schema: Schema): Decoder {
  const [kind = '', version = 'v1'] = name.split('.').reverse();
  const required = new Set(schema.required);
  // Schemas refer to each other in circles, so the decoders of fields are made when first met.
  const fields = new Map<string, Decoder>();
  const fieldDecoder = (field: string): Decoder | undefined => {
    const known = fields.get(field);
    const property = Object.hasOwn(schema.properties ?? {}, field) ? schema.properties?.[field] : undefined;
    if (known || !property) return known;
    const decoder = decoderOf(property);
    fields.set(field, decoder);
    return decoder;
  };
  const goType = `${version}.${kind}`;
  return {
    goType,
    zero: () => ({}),
    decode(value, run) {
      if (!isJsonObject(value)) throw mismatch(run, value, goType, 'object');
      return run.position.withinStruct(kind, () => {
        const result: JsonObject = {};
        for (const [field, item] of Object.entries(value)) {
          const decoder = fieldDecoder(field);
          if (!decoder) run.unknownFields.push(run.position.path(field));
          else if (item !== null && item !== undefined) {
            const decoded = run.position.within(field, false, () => decoder.decode(item, run));
            if (required.has(field) || !isEmptyCollection(decoded, decoder)) result[field] = decoded;
          }
        }
        return result;
      });
    },
  };
}

/** Go leaves out optional lists and maps that are empty, so that `env: []` and no `env` are the same object. */
const isEmptyCollection = (value: unknown, decoder: Decoder): boolean =>
  Array.isArray(value)
    ? value.length === 0
    : decoder.goType.startsWith('map[') && isJsonObject(value) && Object.keys(value).length === 0;

function arrayDecoder(items: Schema): Decoder {
  let item: Decoder | undefined;
  const itemDecoder = (): Decoder => (item ??= decoderOf(items));
  return {
    get goType() {
      return `[]${itemDecoder().goType}`;
    },
    zero: () => [],
    decode(value, run) {
      if (!Array.isArray(value)) throw mismatch(run, value, this.goType, 'array');
      const decoder = itemDecoder();
      return value.map((element: unknown, index) =>
        element === null ? decoder.zero() : run.position.within(index, false, () => decoder.decode(element, run)),
      );
    },
  };
}

function mapDecoder(values: Schema): Decoder {
  let item: Decoder | undefined;
  const itemDecoder = (): Decoder => (item ??= decoderOf(values));
  return {
    get goType() {
      return `map[string]${itemDecoder().goType}`;
    },
    zero: () => ({}),
    decode(value, run) {
      if (!isJsonObject(value)) throw mismatch(run, value, this.goType, 'object');
      const decoder = itemDecoder();
      const result: JsonObject = {};
      for (const [key, element] of Object.entries(value)) {
        const decoded =
          element === null ? decoder.zero() : run.position.within(key, true, () => decoder.decode(element, run));
        setOwn(result, key, decoded);
      }
      return result;
    },
  };
}

function scalar(goType: string, expected: string, zero: unknown, accepts: (value: unknown) => boolean): Decoder {
  return {
    goType,
    zero: () => zero,
    decode(value, run) {
      if (!accepts(value)) throw mismatch(run, value, goType, expected);
      return value;
    },
  };
}

const isInteger = (value: unknown, limit: number): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= -limit && value < limit;

const STRING = scalar('string', 'string', '', (value) => typeof value === 'string');
const BOOLEAN = scalar('bool', 'boolean', false, (value) => typeof value === 'boolean');
const INT32 = scalar('int32', 'integer', 0, (value) => isInteger(value, 2 ** 31));
// Beyond 2^53 JSON.parse has already lost digits: refusing is better than storing another number.
const INT64 = scalar('int64', 'integer', 0, (value) => isInteger(value, 2 ** 53));
const FLOAT64 = scalar('float64', 'number', 0, (value) => typeof value === 'number');
const ANYTHING: Decoder = { goType: 'interface {}', zero: () => null, decode: copyJson };

const BYTES: Decoder = {
  goType: '[]uint8',
  zero: () => '',
  decode(value, run) {
    if (typeof value !== 'string') throw mismatch(run, value, '[]uint8', 'string');
    const text = value.replace(/[\r\n]/g, '');
    const valid = /^[A-Za-z0-9+/]*(={0,2})$/.exec(text);
    if (valid && text.length % 4 === 0) return text;
    const bad = valid ? text.length - (text.length % 4) : text.search(/[^A-Za-z0-9+/]/);
    throw unparsable(run, `illegal base64 data at input byte ${bad}`, 'base64', value);
  },
};

const timeDecoder = (precision: 'second' | 'microsecond', goType: string): Decoder => ({
  goType,
  zero: () => null,
  decode(value, run) {
    if (typeof value !== 'string') {
      throw unparsable(run, `json: cannot unmarshal ${jsonTypeOf(value)} into Go value of type string`, 'time', value);
    }
    const time = canonicalTime(value, precision);
    if (time === undefined) throw unparsable(run, timeParseError(value), 'time', value);
    return time;
  },
});

const JSON_SCHEMA = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps';

/** A schema, or what else may stand in its place. */
const schemaOr = (goType: string, isOther: (value: unknown) => boolean, items?: Schema): Decoder => ({
  goType,
  zero: () => null,
  decode(value, run) {
    if (Array.isArray(value) && items) return arrayDecoder(items).decode(value, run);
    return isOther(value) ? copyJson(value) : decoderNamed(JSON_SCHEMA).decode(value, run);
  },
});

const SPECIAL: Readonly<Record<string, Decoder>> = {
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON': ANYTHING,
  [`${JSON_SCHEMA}OrArray`]: schemaOr('v1.JSONSchemaPropsOrArray', () => false, refTo(JSON_SCHEMA)),
  [`${JSON_SCHEMA}OrBool`]: schemaOr('v1.JSONSchemaPropsOrBool', (value) => typeof value === 'boolean'),
  [`${JSON_SCHEMA}OrStringArray`]: schemaOr('v1.JSONSchemaPropsOrStringArray', Array.isArray),
  [TIME]: timeDecoder('second', 'v1.Time'),
  [MICRO_TIME]: timeDecoder('microsecond', 'v1.MicroTime'),
  [FIELDS_V1]: {
    goType: 'v1.FieldsV1',
    zero: () => ({}),
    decode(value, run) {
      if (!isJsonObject(value)) throw mismatch(run, value, 'v1.FieldsV1', 'object');
      return isFieldSet(value) ? value : copyJson(value);
    },
  },
  [QUANTITY]: {
    goType: 'resource.Quantity',
    zero: () => '0',
    decode(value, run) {
      const isText = typeof value === 'string' || typeof value === 'number';
      const quantity = isText ? canonicalQuantity(String(value).trim()) : undefined;
      if (quantity !== undefined) return quantity;
      throw unparsable(
        run,
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        'quantity',
        value,
      );
    },
  },
  [INT_OR_STRING]: {
    goType: 'intstr.IntOrString',
    zero: () => 0,
    decode(value, run) {
      if (typeof value === 'string' || isInteger(value, 2 ** 31)) return value;
      const shown = typeof value === 'number' ? `number ${value}` : jsonTypeOf(value);
      throw unparsable(run, `json: cannot unmarshal ${shown} into Go value of type int32`, 'integer or string', value);
    },
  },
};
