import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyIndex } from './key-index.ts';
import { Slot } from './slot.ts';

const slot = (key: string): Slot => Slot.of({ key, value: {}, createRevision: 1, modRevision: 1 }, 2);
const part = fc.constantFrom('a', 'b', 'a-b', 'ab', 'z');
const key = fc
  .tuple(part, part, part, fc.nat(40))
  .map(([group, plural, namespace, n]) => `/${group}/${plural}/${namespace}/n${n}`);
const prefix = fc.oneof(
  fc.constantFrom('', '/', '/a', '/a/'),
  fc.tuple(part, part).map(([group, plural]) => `/${group}/${plural}/`),
  fc.tuple(part, part, part).map(([group, plural, namespace]) => `/${group}/${plural}/${namespace}/`),
  key,
);

test('agrees with sorting and filtering all keys', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(key, fc.boolean()), { maxLength: 300 }), prefix, key, (steps, range, after) => {
      const index = new KeyIndex();
      const model = new Set<string>();
      for (const [name, present] of steps) {
        if (present) {
          index.put(slot(name));
          model.add(name);
        } else {
          index.delete(name);
          model.delete(name);
        }
      }
      const expected = [...model].filter((name) => name.startsWith(range)).sort();
      expect([...index.range(range)].map((found) => found.key)).toEqual(expected);
      expect(index.count(range)).toBe(expected.length);
      const later = expected.filter((name) => name > after);
      expect([...index.range(range, `${after}\0`)].map((found) => found.key)).toEqual(later);
      expect(index.countAfter(range, after)).toBe(later.length);
    }),
  );
});

test.each(['ascending', 'descending', 'mixed'])('holds many keys put in %s order', (order) => {
  const names = Array.from({ length: 5_000 }, (_, n) => `/core/pods/default/p${String(n).padStart(5, '0')}`);
  const put =
    order === 'ascending'
      ? names
      : order === 'descending'
        ? names.toReversed()
        : names.map((_, n) => names[(n * 2_711) % 5_000]!);
  const index = new KeyIndex();
  for (const name of put) index.put(slot(name));
  expect([...index.range('/core/pods/')].map((found) => found.key)).toEqual(names);
  expect(index.countAfter('/core/pods/', names[1_999]!)).toBe(3_000);
  for (const name of names.filter((_, n) => n % 3 !== 0)) index.delete(name);
  expect([...index.range('/core/pods/')].map((found) => found.key)).toEqual(names.filter((_, n) => n % 3 === 0));
});
