import { describe, expect, test } from 'vitest';
import { jsonLines } from './json-lines.ts';

async function* chunksOf(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

describe('newline-delimited JSON', () => {
  test.each([1, 3, 7, 1000])('is the same in chunks of %i bytes, multi-byte characters included', async (size) => {
    const values: unknown[] = [];
    for await (const value of jsonLines(chunksOf('{"a":"é漢"}\n\n{"b":2}\n', size))) values.push(value);
    expect(values).toEqual([{ a: 'é漢' }, { b: 2 }]);
  });

  test('drops a line that was cut off', async () => {
    const values: unknown[] = [];
    for await (const value of jsonLines(chunksOf('{"a":1}\n{"b":', 4))) values.push(value);
    expect(values).toEqual([{ a: 1 }]);
  });
});
