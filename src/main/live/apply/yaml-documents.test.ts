import { describe, expect, test } from 'vitest';
import { parseFieldPath } from './field-path.ts';
import { parseYamlDocuments } from './yaml-documents.ts';

const TEXT = `# a comment first
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  labels:
    app.kubernetes.io/name: x
---
---
# the second object
apiVersion: apps/v1
kind: Deployment
spec:
  template:
    spec:
      containers:
        - name: app
          image: nginx
        - name: side
          imag: nginx
`;

describe('YAML documents', () => {
  test('are split, numbered and found at their lines; empty ones are left out', () => {
    const documents = parseYamlDocuments(TEXT);
    expect(documents.map(({ index, line, errors }) => ({ index, line, errors }))).toEqual([
      { index: 0, line: 2, errors: [] },
      { index: 2, line: 11, errors: [] },
    ]);
  });

  test('a field is found at the line of its key, or of the nearest part that is there', () => {
    const [first, second] = parseYamlDocuments(TEXT);
    expect(first?.lineOf('metadata.labels[app.kubernetes.io/name]')).toBe(7);
    expect(first?.lineOf('metadata.name')).toBe(5);
    expect(second?.lineOf('spec.template.spec.containers[1].imag')).toBe(20);
    expect(second?.lineOf('spec.template.spec.containers[0].ports[0].containerPort')).toBe(17);
    expect(second?.lineOf('spec.selector')).toBe(13);
    expect(second?.lineOf('metadata.name')).toBe(11);
  });

  test('scalars are what kubectl takes them for', () => {
    const [document] = parseYamlDocuments("mode: 0644\non: yes\ntime: 12:30:45\ndate: 2026-01-01\ntext: 'yes'\n");
    expect(document?.value).toEqual({ mode: 0o644, true: true, time: '12:30:45', date: '2026-01-01', text: 'yes' });
  });

  test.each([
    ['a tab', 'a: 1\nb:\n\tc: 2\n', 3, /spaces only/],
    ['an indentation that fits nothing', 'a:\n    b: 1\n  c: 2\n', 3, /indentation/],
    ['a key that stands twice', 'a: 1\nb: 2\na: 3\n', 3, /twice/],
    ['an unclosed quote (where the text ends)', 'a: 1\nb: "text\n', 3, /./],
    ['a missing anchor (its document)', 'a: 1\nb: *nowhere\n', 1, /nowhere/],
  ])('%s is reported at its line', (_name, text, line, message) => {
    const [document] = parseYamlDocuments(text);
    expect(document?.value).toBeUndefined();
    expect(document?.errors.map((error) => error.line)).toContain(line);
    expect(document?.errors.some((error) => message.test(error.message))).toBe(true);
  });

  test('an object that is only aliases of aliases is refused, not grown', () => {
    const lines = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
    for (const [here, before] of ['ba', 'cb', 'dc', 'ed', 'fe'])
      lines.push(`${here}: &${here} [${`*${before}, `.repeat(9)}*${before}]`);
    const [document] = parseYamlDocuments(lines.join('\n'));
    expect(document?.errors).toHaveLength(1);
  });

  test('nothing but comments is no document', () => {
    expect(parseYamlDocuments('# nothing\n---\n')).toEqual([]);
    expect(parseYamlDocuments('')).toEqual([]);
  });
});

test('field paths are split at dots outside brackets', () => {
  expect(parseFieldPath('spec.containers[0].env[2].name')).toEqual(['spec', 'containers', 0, 'env', 2, 'name']);
  expect(parseFieldPath('metadata.annotations[a.b/c]')).toEqual(['metadata', 'annotations', 'a.b/c']);
  expect(parseFieldPath('')).toEqual([]);
});
