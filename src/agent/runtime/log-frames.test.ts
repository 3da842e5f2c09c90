import { expect, test } from 'vitest';
import { demultiplexAll, FrameParser } from './log-frames.ts';

const frame = (stream: number, text: string): Buffer => {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
};
const bytes = Buffer.concat([frame(1, 'out\n'), frame(2, ''), frame(2, 'é err\n')]);

test.each([1, 3, 9, 100])('frames are the same in chunks of %i bytes', (size) => {
  const parser = new FrameParser();
  const seen = [];
  for (let at = 0; at < bytes.length; at += size) {
    for (const { stream, bytes: part } of parser.push(bytes.subarray(at, at + size)))
      seen.push([stream, part.toString()]);
  }
  expect(seen).toEqual([
    [1, 'out\n'],
    [2, ''],
    [2, 'é err\n'],
  ]);
});

test('a terminal’s bytes have no frames', () => {
  expect(demultiplexAll(bytes, false).toString()).toBe('out\né err\n');
  expect(demultiplexAll(Buffer.from('raw\r\n'), true).toString()).toBe('raw\r\n');
});
