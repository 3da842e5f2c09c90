import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cloneJson, equalJson, withSharedParts } from './json-value.ts';

test('an equal value is the old one; another is itself, with the parts that stayed', () => {
  const old = { metadata: { labels: { a: 'b' } }, spec: { list: [{ x: 1 }, { y: 2 }] }, status: { n: 1 } };
  expect(withSharedParts(cloneJson(old), old)).toBe(old);
  const next = withSharedParts({ ...cloneJson(old), status: { n: 2 } }, old) as typeof old;
  expect(next).toEqual({ ...old, status: { n: 2 } });
  expect([next.metadata === old.metadata, next.spec === old.spec]).toEqual([true, true]);
  const longer = withSharedParts({ list: [{ x: 1 }, { y: 2 }, { z: 3 }] }, old.spec) as { list: unknown[] };
  expect(longer.list).toHaveLength(3);
  expect(longer.list[0]).toBe(old.spec.list[0]);
});

test('sharing never changes what a value says', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (value, old) => {
      const said = JSON.stringify(value);
      const shared = withSharedParts(cloneJson(value), old);
      expect(equalJson(shared, value)).toBe(true);
      expect(JSON.parse(JSON.stringify(shared))).toEqual(JSON.parse(said));
    }),
  );
});
