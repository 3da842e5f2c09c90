import { describe, expect, test } from 'vitest';
import type { ApplyResult } from '../../../../shared/live/contract.ts';
import { hrefOfReference } from '../../actions/reference-href.ts';
import { hrefOfResult, outcomeText, resultProblems, summaryText, syntaxProblems } from './apply-view.ts';

describe('what is wrong with a text', () => {
  test.each([
    ['a tab', 'kind: Pod\nspec:\n\tcontainers: []\n', 3, 'tab'],
    ['a key twice', 'kind: Pod\nkind: Pod\n', 2, 'twice'],
    ['an open bracket, in the second document', 'a: 1\n---\nb: [1, 2\n', 4, ''],
    ['an alias without anchor', 'a: 1\nb: *nowhere\n', 2, 'anchor'],
  ])('%s is found at its line', (_what, text, line, words) => {
    const [problem] = syntaxProblems(text);
    expect(problem?.line).toBe(line);
    expect(problem?.message).toContain(words);
  });

  test('several slips on one line are one problem', () =>
    expect(syntaxProblems('kind: Pod\nspec:\n\t\tcontainers: []\n').map(({ line }) => line)).toEqual([3]));

  test.each(['', 'a: 1\n---\nb: &x 2\nc: *x\n', '{"kind": "Pod"}'])('nothing with %j', (text) =>
    expect(syntaxProblems(text)).toEqual([]),
  );
});

const result = (outcome: ApplyResult['outcome'], more: Partial<ApplyResult> = {}): ApplyResult => ({
  document: 0,
  line: 1,
  outcome,
  target: 'deployment.apps/web',
  errors: [],
  ...more,
});

test('errors stand at their line, or where their document begins', () =>
  expect(
    resultProblems([
      result('created'),
      result('failed', { line: 20, errors: [{ message: 'unknown field', line: 27 }, { message: 'refused' }] }),
    ]),
  ).toEqual([
    { line: 27, message: 'unknown field' },
    { line: 20, message: 'refused' },
  ]));

test('outcomes are counted, and a check says what would be', () => {
  const results = [result('created'), result('created'), result('unchanged'), result('failed')];
  expect(summaryText(results, false)).toBe('2 created, 1 unchanged, 1 failed');
  expect(summaryText(results, true)).toBe('2 would be created, 1 unchanged, 1 failed');
  expect(summaryText([], false)).toBe('There was nothing in it to apply.');
  expect(outcomeText('configured', true)).toBe('would be configured');
});

test('a result leads to the page of its object', () => {
  expect(hrefOfResult(result('created'), 'shop', hrefOfReference)).toBe('#/ns/shop/deployments/web');
  expect(
    hrefOfResult(result('created', { target: 'lease.coordination.k8s.io/x' }), 'shop', hrefOfReference),
  ).toBeUndefined();
  expect(hrefOfResult(result('failed'), 'shop', hrefOfReference)).toBeUndefined();
});
