import { describe, expect, test } from 'vitest';
import { joinDocuments, readManifests } from './documents.ts';

test.each([
  [['a: 1', 'b: 2'], 'a: 1\n---\nb: 2\n'],
  [['\uFEFF---\na: 1\r\n---\n', '', '  \n', '{"b": 2}\n\n'], 'a: 1\n---\n{"b": 2}\n'],
  [[''], ''],
])('%j become %j', (texts, text) => expect(joinDocuments(texts)).toBe(text));

describe('files', () => {
  test('are read by name', async () => {
    const files = [new File(['b'], '2.yml'), new File(['a'], '1.yaml'), new File(['{}'], '3.JSON')];
    expect(await readManifests(files)).toEqual(['a', 'b', '{}']);
  });
  test('that are no manifests are refused by name', async () => {
    await expect(readManifests([new File(['x'], 'a.yaml'), new File(['x'], 'cat.png')])).rejects.toThrow('cat.png');
  });
});
