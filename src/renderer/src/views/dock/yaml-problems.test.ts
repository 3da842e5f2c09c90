import { describe, expect, test } from 'vitest';
import { lineOfField, syntaxProblems } from './yaml-problems.ts';

const text = 'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: app\n      image: x\n    - name: b\n';

describe('YAML', () => {
  test('good text has no problem', () => expect(syntaxProblems(text)).toEqual([]));

  test('a tab for indentation is found where it is', () => {
    expect(syntaxProblems('spec:\n\tcontainers: []\nkind: Pod\n')).toEqual([expect.objectContaining({ line: 2 })]);
  });

  test.each(['', '- a', 'text'])('%j is no object', (value) => {
    expect(syntaxProblems(value)).toEqual([expect.objectContaining({ line: 1 })]);
  });

  test.each([
    ['spec.containers[0].image', 6],
    ['spec.containers[1].name', 7],
    ['spec.containers[1].image', 7],
    ['spec.nothing', 4],
    ['', 1],
  ])('%s is at line %d', (field, line) => expect(lineOfField(text, field)).toBe(line));
});
