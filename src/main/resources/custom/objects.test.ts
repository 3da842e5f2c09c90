import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CustomResourceDefinition, JsonSchema } from '../../../shared/api/custom-resource-definition.ts';
import { ApiError } from '../../../shared/api/errors.ts';
import { decodeObject } from '../decode/decode-object.ts';
import { copyJson, type JsonObject } from '../decode/json-value.ts';
import { customResourceDefinitionKind } from '../kinds/custom-resource-definition.ts';
import { messageOfFieldError } from '../validation/field-error.ts';
import { customKinds } from './custom-kind.ts';
import { applyDefaults, pruneForbiddenNulls } from './defaulting.ts';
import { pruneUnknown } from './pruning.ts';
import { validateCustomObject } from './validate-object.ts';

const said = (schema: JsonSchema, value: unknown, old?: unknown): string[] =>
  validateCustomObject(schema, value, old).errors.map((error) => `${error.field}: ${messageOfFieldError(error)}`);
const object = (properties: Record<string, JsonSchema>, more: JsonSchema = {}): JsonSchema => ({
  type: 'object',
  properties,
  ...more,
});

test.each<[JsonSchema, unknown, string]>([
  [{ type: 'integer' }, 'x', 'v: Invalid value: "string": v in body must be of type integer: "string"'],
  [{ type: 'integer' }, 1.5, 'v: Invalid value: "number": v in body must be of type integer: "number"'],
  [{ type: 'string' }, null, 'v: Invalid value: "null": v in body must be of type string: "null"'],
  [{ type: 'string', nullable: true }, null, ''],
  [{ type: 'string', minLength: 3 }, 'ab', 'v: Invalid value: "ab": v in body should be at least 3 chars long'],
  [{ type: 'string', maxLength: 1 }, 'ab', 'v: Too long: may not be more than 1 bytes'],
  [{ type: 'string', pattern: '^a+$' }, 'b', 'v: Invalid value: "b": v in body should match \'^a+$\''],
  [
    { type: 'string', format: 'date-time' },
    'now',
    'v: Invalid value: "now": v in body must be of type date-time: "now"',
  ],
  [{ type: 'string', format: 'ipv4' }, '1.2.3.4', ''],
  [{ type: 'string', format: 'whatever' }, 'x', ''],
  [{ type: 'string', enum: ['a', 'b'] }, 'c', 'v: Unsupported value: "c": supported values: "a", "b"'],
  [
    { type: 'number', minimum: 1, exclusiveMinimum: true },
    1,
    'v: Invalid value: 1: v in body should be greater than 1',
  ],
  [{ type: 'integer', multipleOf: 5 }, 7, 'v: Invalid value: 7: v in body should be a multiple of 5'],
  [{ type: 'integer', format: 'int32' }, 2 ** 40, 'v in body must be of type int32'],
  [
    { type: 'array', items: { type: 'string' }, minItems: 2 },
    ['a'],
    'v: Invalid value: 1: v in body should have at least 2 items',
  ],
  [{ type: 'array', items: { type: 'string' }, maxItems: 1 }, ['a', 'b'], 'v: Too many: 2: must have at most 1 items'],
  [
    { type: 'object', maxProperties: 1, additionalProperties: { type: 'string' } },
    { a: '1', b: '2' },
    'v: Too many: 2: must have at most 1 items',
  ],
  [
    { type: 'integer', oneOf: [{ minimum: 1 }, { maximum: 5 }] },
    3,
    '<nil>: Invalid value: "": "v" must validate one and only one schema (oneOf). Found 2 valid alternatives',
  ],
  [
    { type: 'integer', anyOf: [{ minimum: 10 }, { maximum: 1 }] },
    5,
    '<nil>: Invalid value: "": "v" must validate at least one schema (anyOf)',
  ],
  [{ type: 'integer', not: { minimum: 3 } }, 5, '<nil>: Invalid value: "": "v" must not validate the schema (not)'],
  [
    { type: 'integer', allOf: [{ minimum: 3 }, { maximum: 4 }] },
    5,
    'v: Invalid value: 5: v in body should be less than or equal to 4',
  ],
  [{ 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] }, '50%', ''],
])('%j says of %j', (schema, value, expected) => {
  const errors = said(object({ v: schema }), { v: value });
  if (expected === '') expect(errors).toEqual([]);
  else expect(errors.join('\n')).toContain(expected);
});

describe('pruning', () => {
  test('takes out what the schema does not know, and says where', () => {
    const value: JsonObject = {
      apiVersion: 'v1',
      metadata: { any: 1 },
      a: { b: 1, x: 2 },
      list: [{ k: 1 }, { k: 1, z: 2 }],
      kept: { x: { y: 1 }, known: { p: 1, q: 2 } },
      map: { one: { k: 1, bad: 1 } },
      top: 1,
    };
    const item = object({ k: { type: 'integer' } });
    const unknown = pruneUnknown(
      value,
      object({
        a: object({ b: { type: 'integer' } }),
        list: { type: 'array', items: item },
        kept: object({ known: object({ p: { type: 'integer' } }) }, { 'x-kubernetes-preserve-unknown-fields': true }),
        map: { type: 'object', additionalProperties: item },
      }),
    );
    expect(unknown.sort()).toEqual(['a.x', 'kept.known.q', 'list[1].z', 'map.one.bad', 'top']);
    expect(value).toEqual({
      apiVersion: 'v1',
      metadata: { any: 1 },
      a: { b: 1 },
      list: [{ k: 1 }, { k: 1 }],
      kept: { x: { y: 1 }, known: { p: 1 } },
      map: { one: { k: 1 } },
    });
  });
});

describe('defaults', () => {
  test('fill what is missing or null, at every depth, and only there', () => {
    const schema = object({
      a: { type: 'string', default: 'x' },
      b: object({ c: { type: 'integer', default: 1 } }, { default: {} }),
      list: { type: 'array', items: object({ d: { type: 'boolean', default: true } }) },
      n: { type: 'string', nullable: true, default: 'no' },
      gone: { type: 'string' },
    });
    const value: JsonObject = { a: null, list: [{}, { d: false }], n: null, gone: null };
    pruneForbiddenNulls(value, schema);
    applyDefaults(value, schema);
    expect(value).toEqual({ a: 'x', b: { c: 1 }, list: [{ d: true }, { d: false }], n: null });
  });
});

describe('rules', () => {
  const ruled = (schema: JsonSchema, rule: object): JsonSchema =>
    ({ ...schema, 'x-kubernetes-validations': [rule] }) as JsonSchema;

  test('about a change need an old value, unless that is optional', () => {
    const fixed = object({ v: ruled({ type: 'string' }, { rule: 'self == oldSelf', message: 'fixed' }) });
    expect(said(fixed, { v: 'a' })).toEqual([]);
    expect(said(fixed, { v: 'b' }, { v: 'a' })).toEqual(['v: Invalid value: "string": fixed']);
    const optional = object({
      v: ruled({ type: 'string' }, { rule: 'oldSelf.hasValue() || self == "first"', optionalOldSelf: true }),
    });
    expect(said(optional, { v: 'first' })).toEqual([]);
    expect(said(optional, { v: 'other' })[0]).toContain('failed rule: oldSelf.hasValue()');
    expect(said(optional, { v: 'other' }, { v: 'first' })).toEqual([]);
  });

  test('find old items of a map list by their keys', () => {
    const schema = object({
      v: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['k'],
        items: ruled(object({ k: { type: 'string' }, n: { type: 'integer' } }), { rule: 'self.n >= oldSelf.n' }),
      },
    });
    const old = {
      v: [
        { k: 'a', n: 1 },
        { k: 'b', n: 5 },
      ],
    };
    expect(
      said(
        schema,
        {
          v: [
            { k: 'b', n: 5 },
            { k: 'c', n: 0 },
            { k: 'a', n: 2 },
          ],
        },
        old,
      ),
    ).toEqual([]);
    expect(said(schema, { v: [{ k: 'b', n: 4 }] }, old)[0]).toMatch(/^v\[0\]: Invalid value: "object": failed rule/);
  });

  test('have reasons, paths and messages of their own', () => {
    const schema = object({
      v: ruled(object({ a: { type: 'integer' } }), {
        rule: 'self.a > 1',
        reason: 'FieldValueForbidden',
        fieldPath: '.a',
        messageExpression: '"a is " + string(self.a)',
      }),
    });
    expect(said(schema, { v: { a: 0 } })).toEqual(['v.a: Forbidden: a is 0']);
    expect(said(schema, { v: {} })[0]).toContain('no such key: a evaluating rule: self.a > 1');
  });

  test('that fail on what did not change are let through, and so are values', () => {
    const schema = object({
      v: ruled(object({ a: { type: 'integer', maximum: 1 } }), { rule: 'self.a < 2' }),
      w: { type: 'string' },
    });
    expect(said(schema, { v: { a: 5 }, w: 'new' }, { v: { a: 5 }, w: 'old' })).toEqual([]);
    expect(said(schema, { v: { a: 6 } }, { v: { a: 5 } })).toHaveLength(2);
  });

  test('that cost too much refuse the object', () => {
    const schema = object({
      v: ruled(
        { type: 'array', items: { type: 'integer' } },
        { rule: 'self.all(a, self.all(b, self.all(c, a + b != c - 1)))' },
      ),
    });
    const value = { v: Array.from({ length: 400 }, (_, index) => index * 1000) };
    expect(said(schema, value)[0]).toContain('no further validation rules will be run due to call cost exceeds limit');
  });

  test('see numbers, times and embedded resources as what they are', () => {
    const schema = object({
      n: { type: 'number' },
      when: { type: 'string', format: 'date-time' },
      how: { type: 'string', format: 'duration' },
      'a-b': { type: 'string' },
      pod: object(
        { spec: object({}) },
        { 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
      ),
    });
    const rule =
      'self.n / 2.0 == 1.25 && self.when < timestamp("2030-01-01T00:00:00Z") && self.how > duration("1s") && self.a__dash__b == "x" && self.pod.metadata.name == "p" && self.metadata.name.startsWith("m")';
    const value = {
      metadata: { name: 'mine' },
      n: 2.5,
      when: '2020-01-01T00:00:00Z',
      how: '5m',
      'a-b': 'x',
      pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } },
    };
    expect(said(ruled(schema, { rule }), value)).toEqual([]);
  });
});

/** Schemas that are, mostly, structural. */
const schemas: fc.Arbitrary<JsonSchema> = fc.letrec<{ node: JsonSchema }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record(
      {
        type: fc.constantFrom('string', 'integer', 'boolean', 'number'),
        default: fc.oneof(fc.string(), fc.integer(), fc.boolean()),
        nullable: fc.boolean(),
        pattern: fc.constantFrom('^a', '(x+x+)+y', '['),
        enum: fc.array(fc.string(), { maxLength: 2 }),
        format: fc.constantFrom('date-time', 'ipv4', 'int32', 'byte', 'duration', 'zzz'),
        minimum: fc.integer(),
        'x-kubernetes-validations': fc.constantFrom(
          [{ rule: 'self == oldSelf' }],
          [{ rule: 'size(string(self)) < 5', messageExpression: '"x" + string(self)' }],
          [{ rule: 'self.a.b' }],
          [{}],
        ),
      },
      { requiredKeys: [] },
    ),
    fc.record(
      {
        type: fc.constant('object'),
        properties: fc.dictionary(
          fc.constantFrom('a', 'b', 'c-d', 'metadata', '__proto__', 'constructor'),
          tie('node'),
          { maxKeys: 3 },
        ),
        required: fc.array(fc.constantFrom('a', 'b'), { maxLength: 1 }),
        'x-kubernetes-preserve-unknown-fields': fc.constant(true),
        'x-kubernetes-embedded-resource': fc.boolean(),
        'x-kubernetes-validations': fc.constantFrom(
          [{ rule: 'has(self.a)' }],
          [{ rule: 'self.b.all(x, x != self.a)' }],
        ),
      },
      { requiredKeys: ['type'] },
    ),
    fc.record(
      {
        type: fc.constant('array'),
        items: tie('node'),
        'x-kubernetes-list-type': fc.constantFrom('set', 'map', 'atomic'),
        'x-kubernetes-list-map-keys': fc.constant(['a']),
        maxItems: fc.nat(3),
      },
      { requiredKeys: ['type'] },
    ),
    fc.record({ type: fc.constant('object'), additionalProperties: fc.oneof(tie('node'), fc.boolean()) }),
  ),
})).node as fc.Arbitrary<JsonSchema>;

const definition = (spec: JsonSchema): CustomResourceDefinition => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.fuzz.example.com' },
  spec: {
    group: 'fuzz.example.com',
    scope: 'Cluster',
    names: { plural: 'things', kind: 'Thing' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', properties: { spec } } },
      },
    ],
  },
});

test('no schema and no object is more than the server can take', () => {
  let accepted = 0;
  fc.assert(
    fc.property(schemas, fc.jsonValue(), fc.jsonValue(), (schema, first, second) => {
      try {
        const { object: crd } = decodeObject(customResourceDefinitionKind, copyJson(definition(schema)));
        customResourceDefinitionKind.setDefaults(crd as CustomResourceDefinition);
        if (customResourceDefinitionKind.validate(crd as CustomResourceDefinition).length > 0) return;
        accepted += 1;
        const [kind] = customKinds(crd as CustomResourceDefinition);
        if (!kind) throw new Error('no kind');
        const decode = (spec: unknown) =>
          decodeObject(kind, { apiVersion: 'fuzz.example.com/v1', kind: 'Thing', metadata: { name: 'x' }, spec })
            .object;
        const old = decode(first);
        const next = decode(second);
        for (const errors of [kind.validateCreate?.(old), kind.validateUpdate?.(next, old)])
          for (const error of errors ?? []) expect(messageOfFieldError(error)).not.toMatch(/undefined|\[object/);
        // What was stored decodes to itself.
        expect(decodeObject(kind, copyJson(old)).object).toEqual(old);
      } catch (error) {
        if (!(error instanceof ApiError) || error.code >= 500) throw error;
      }
    }),
    { numRuns: 1500 },
  );
  expect(accepted).toBeGreaterThan(100);
});
