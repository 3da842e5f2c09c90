import { describe, expect, test } from 'vitest';
import { ApiError } from './errors.ts';
import {
  formatSelector,
  matchesAll,
  matchesLabelSelector,
  parseFieldSelector,
  parseLabelSelector,
  type LabelSelector,
} from './selector.ts';

describe('matchesLabelSelector', () => {
  const labels = { app: 'web', tier: 'front' };
  const cases: [string, LabelSelector | undefined, boolean][] = [
    ['absent selects nothing', undefined, false],
    ['empty selects everything', {}, true],
    ['matchLabels all equal', { matchLabels: { app: 'web', tier: 'front' } }, true],
    ['matchLabels one differs', { matchLabels: { app: 'web', tier: 'back' } }, false],
    ['In', { matchExpressions: [{ key: 'app', operator: 'In', values: ['db', 'web'] }] }, true],
    [
      'NotIn matches an object without the key',
      { matchExpressions: [{ key: 'x', operator: 'NotIn', values: ['1'] }] },
      true,
    ],
    ['NotIn', { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }, false],
    ['Exists', { matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, true],
    ['DoesNotExist', { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] }, false],
  ];
  test.each(cases)('%s', (_, selector, expected) => {
    expect(matchesLabelSelector(selector, labels)).toBe(expected);
  });
});

describe('parseLabelSelector', () => {
  const cases: [string, Record<string, string>, boolean][] = [
    ['', {}, true],
    ['a=b', { a: 'b' }, true],
    ['a==b,c!=d', { a: 'b' }, true],
    ['a!=b', { a: 'b' }, false],
    ['a in (x, y)', { a: 'y' }, true],
    ['a notin (x,y),b', { a: 'z', b: '' }, true],
    ['!a', { a: '1' }, false],
    ['app.kubernetes.io/name=x', { 'app.kubernetes.io/name': 'x' }, true],
    ['a=', { a: '' }, true],
  ];
  test.each(cases)('%s against %j', (text, labels, expected) => {
    expect(matchesAll(parseLabelSelector(text), labels)).toBe(expected);
  });

  test('refuses bad text with 400', () => {
    expect(() => parseLabelSelector('a in b')).toThrow(ApiError);
  });

  test('what formatSelector writes reads back as the same', () => {
    const selector = { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'c', operator: 'In', values: ['e', 'd'] }] };
    expect(formatSelector(selector)).toBe('a=b,c in (d,e)');
    expect(matchesAll(parseLabelSelector(formatSelector(selector)), { a: 'b', c: 'd' })).toBe(true);
  });
});

test('parseFieldSelector splits terms, and takes escapes back', () => {
  expect(parseFieldSelector('spec.nodeName=a\\,b,status.phase!=Failed')).toEqual([
    { field: 'spec.nodeName', equal: true, value: 'a,b' },
    { field: 'status.phase', equal: false, value: 'Failed' },
  ]);
});
