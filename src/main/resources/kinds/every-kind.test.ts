import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ApiError } from '../../../shared/api/errors.ts';
import { decodeObject } from '../decode/decode-object.ts';
import { copyJson, isJsonObject, type JsonObject } from '../decode/json-value.ts';
import { KindCatalog } from '../catalog.ts';
import { KINDS } from '../registry.ts';
import { applyPatch } from '../patch/apply-patch.ts';
import { causeOf } from '../validation/field-error.ts';
import { validateMetadata, validateMetadataUpdate } from '../validation/metadata.ts';
import { tableOf } from '../table.ts';
import { created, kindNamed, sampleNameOf, sampleOf } from '../testing/samples.ts';

const NOW = Date.parse('2026-01-01T01:00:00Z');

/** Paths of every value in an object, arrays and objects included. */
function pathsIn(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  const below = Array.isArray(value)
    ? value.flatMap((item, index) => pathsIn(item, [...path, index]))
    : isJsonObject(value)
      ? Object.entries(value).flatMap(([key, item]) => pathsIn(item, [...path, key]))
      : [];
  return path.length === 0 ? below : [path, ...below];
}

function withValueAt(object: JsonObject, path: readonly (string | number)[], value: unknown): JsonObject {
  const copy = copyJson(object) as JsonObject;
  let target = copy as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) target = target[step] as Record<string | number, unknown>;
  target[path.at(-1) ?? ''] = value;
  return copy;
}

/** Everything the server does with a body, short of storing it. */
function judge(kindName: string, body: unknown): { rejected?: ApiError; fields: string[] } {
  const kind = kindNamed(kindName);
  const old = created(kindName);
  try {
    const { object } = decodeObject(kind, body);
    kind.setDefaults(object);
    kind.prepareForUpdate?.(object, old, { now: new Date(NOW), userName: 'tester' });
    const errors = [
      ...validateMetadata(kind, object),
      ...validateMetadataUpdate(object, old),
      ...kind.validate(object),
      ...(kind.validateUpdate?.(object, old) ?? []),
      ...(kind.validateStatusUpdate?.(object, old) ?? []),
    ];
    kind.prepareForCreate?.(object, { now: new Date(NOW), userName: 'tester' });
    kind.prepareForStatusUpdate?.(object, old, { now: new Date(NOW), userName: 'tester' });
    kind.defaultGraceSeconds?.(object, undefined);
    tableOf(kind, [object], { now: NOW, includeObject: 'Metadata', listMeta: {} });
    for (const read of Object.values(kind.selectableFields)) expect(typeof read(object)).toBe('string');
    return { fields: errors.map((error) => causeOf(error).field ?? '') };
  } catch (error) {
    if (error instanceof ApiError)
      return { rejected: error, fields: (error.status.details?.causes ?? []).map(({ field }) => field ?? '') };
    throw error;
  }
}

/** What is computed and never stored has neither a name nor defaults: those are tested with their handlers. */
const STORED = KINDS.filter(({ virtual }) => !virtual);

describe.each(STORED.map((kind) => [sampleNameOf(kind), kind] as const))('%s', (kindName, kind) => {
  test('is found by URL and by kind', () => {
    expect(new KindCatalog().find(kind.type.group, kind.type.version, kind.type.plural)).toBe(kind);
    expect(new KindCatalog().findByGvk(kind.type.group, kind.type.version, kind.type.kind)).toBe(kind);
  });

  test('a valid object has no unknown fields and breaks no rule', () => {
    const { unknownFields } = decodeObject(kind, sampleOf(kindName));
    expect(unknownFields).toEqual([]);
    const object = created(kindName);
    expect([...validateMetadata(kind, object), ...kind.validate(object)]).toEqual([]);
    expect(kind.validateUpdate?.(object, created(kindName)) ?? []).toEqual([]);
  });

  test('defaults are stable: what was stored decodes to itself', () => {
    const stored = created(kindName);
    const { object } = decodeObject(kind, stored);
    kind.setDefaults(object);
    expect(object).toEqual(stored);
  });

  test('every field that is not in the schema is named', () => {
    const { unknownFields } = decodeObject(kind, { ...sampleOf(kindName), surprise: 1 });
    expect(unknownFields).toEqual(['surprise']);
  });

  test('a wrong type anywhere is a 4xx with the path of the field, never a crash', () => {
    const sample = sampleOf(kindName);
    // Another apiVersion or kind is another request altogether.
    const paths = pathsIn(sample).filter(([first]) => first !== 'apiVersion' && first !== 'kind');
    const wrong = fc.oneof(
      fc.constant(null),
      fc.boolean(),
      fc.integer(),
      fc.double(),
      fc.string(),
      fc.constant([]),
      fc.constant({}),
      fc.constant([null]),
      fc.constant([{}]),
      fc.constant({ '': null, __proto__: 1 }),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(fc.constantFrom(...paths), wrong, (path, value) => {
        const { rejected, fields } = judge(kindName, withValueAt(sample, path, value));
        expect(fields.every((field) => field !== '')).toBe(true);
        if (!rejected) return;
        expect(rejected.code).toBeGreaterThanOrEqual(400);
        expect(rejected.code).toBeLessThan(500);
        expect(fields).toHaveLength(1);
        expect(rejected.message).not.toMatch(/undefined|\[object Object\]/);
      }),
      { numRuns: 400 },
    );
  });

  test('any patch gives an object, or a 4xx', () => {
    const stored = created(kindName);
    const paths = pathsIn(stored).map((path) => path.filter((step) => typeof step === 'string'));
    fc.assert(
      fc.property(
        fc.constantFrom(...paths),
        fc.oneof(fc.jsonValue(), fc.constant([{ $patch: 'delete', name: 'web' }]), fc.constant({ $patch: 'replace' })),
        fc.constantFrom('json' as const, 'merge' as const, 'strategic' as const),
        (path, value, patchType) => {
          const nested = path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
          const patch = patchType === 'json' ? [{ op: 'replace', path: `/${path.join('/')}`, value }] : nested;
          const before = JSON.stringify(stored);
          try {
            judge(kindName, applyPatch(kind, stored, patch, patchType));
          } catch (error) {
            expect(error).toBeInstanceOf(ApiError);
            expect((error as ApiError).code).toBeGreaterThanOrEqual(400);
            expect((error as ApiError).code).toBeLessThan(500);
          }
          expect(JSON.stringify(stored)).toBe(before);
        },
      ),
      { numRuns: 200 },
    );
  });
});
