import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseQuantity } from '../../../shared/api/quantity.ts';
import { canonicalQuantity } from './quantity.ts';

test.each([
  ['0', '0'],
  ['0.0Mi', '0'],
  ['1', '1'],
  ['0.5', '500m'],
  ['1.5', '1500m'],
  ['.5', '500m'],
  ['5.', '5'],
  ['1000m', '1'],
  ['1000', '1k'],
  ['1024', '1024'],
  ['1024Mi', '1Gi'],
  ['1025Mi', '1025Mi'],
  ['0.5Gi', '512Mi'],
  ['100.5Mi', '102912Ki'],
  ['512Ki', '512Ki'],
  ['0.1Ki', '102400m'],
  ['1e3', '1e3'],
  ['1E3', '1e3'],
  ['12e1', '120'],
  ['1G', '1G'],
  ['0.001G', '1M'],
  ['-1.5Gi', '-1536Mi'],
  ['+4', '4'],
  ['0.1n', '1n'],
  ['1.0000000001', '1000000001n'],
])('%s is written %s', (text, canonical) => {
  expect(canonicalQuantity(text)).toBe(canonical);
});

test.each(['', 'm', '1 Gi', '1gi', 'ten', '1.2.3', '1e', '1Kim', '0x10', '1e9999', '--1', '9'.repeat(101)])(
  '%j is no quantity',
  (text) => {
    expect(canonicalQuantity(text)).toBeUndefined();
  },
);

test('the canonical form is stable and stands for the same amount', () => {
  const quantity = fc
    .tuple(
      fc.integer({ min: -1_000_000, max: 1_000_000 }),
      fc.integer({ min: 0, max: 3 }),
      fc.constantFrom('', 'm', 'k', 'M', 'Ki', 'Mi', 'Gi'),
    )
    .map(([digits, decimals, suffix]) => (digits / 10 ** decimals).toFixed(decimals) + suffix);
  fc.assert(
    fc.property(quantity, (text) => {
      const canonical = canonicalQuantity(text)!;
      expect(canonicalQuantity(canonical)).toBe(canonical);
      const amount = parseQuantity(text);
      expect(Math.abs(parseQuantity(canonical) - amount)).toBeLessThanOrEqual(Math.abs(amount) * 1e-12);
    }),
  );
});
