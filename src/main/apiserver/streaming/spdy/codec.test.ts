import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SPDY_DICTIONARY } from './dictionary.ts';
import { deflateSync } from 'node:zlib';
import {
  encodeControlFrame,
  encodeDataFrame,
  encodeRstStream,
  encodeSynReply,
  encodeSynStream,
  FLAG_FIN,
  FRAME_TYPE,
  parseStreamId,
  parseSynStream,
  SpdyProtocolError,
} from './frame.ts';
import { FrameParser, type SpdyFrame } from './frame-parser.ts';
import { decodeHeaders, encodeHeaders, HeaderCompressor, HeaderDecompressor } from './header-block.ts';

/** Cuts bytes at these places (taken modulo the length). */
function cut(bytes: Buffer, places: number[]): Buffer[] {
  const sorted = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
}

/** Frames with the pieces of each data frame joined again, so that what is compared does not depend on the cuts. */
function joined(frames: SpdyFrame[]): unknown[] {
  const all: { key: string; fin: boolean; bytes: Buffer }[] = [];
  for (const frame of frames) {
    const key = frame.kind === 'data' ? `data ${frame.streamId}` : `control ${frame.type} ${frame.flags}`;
    const bytes = frame.kind === 'data' ? frame.data : frame.payload;
    const last = all.at(-1);
    if (frame.kind === 'data' && last?.key === key && !last.fin) {
      last.bytes = Buffer.concat([last.bytes, bytes]);
      last.fin = frame.fin;
    } else all.push({ key, fin: frame.kind === 'data' && frame.fin, bytes: Buffer.from(bytes) });
  }
  return all.map(({ key, fin, bytes }) => `${key} ${fin} ${bytes.toString('hex')}`);
}

const parse = (chunks: Buffer[]): SpdyFrame[] => {
  const parser = new FrameParser();
  return chunks.flatMap((chunk) => [...parser.push(chunk)]);
};

const bytesArbitrary = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
const frameArbitrary = fc.oneof(
  fc
    .tuple(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0, max: 255 }), bytesArbitrary)
    .map(([type, flags, payload]) => encodeControlFrame(type, flags, payload)),
  fc
    .tuple(fc.integer({ min: 1, max: 0x7fffffff }), fc.constantFrom(0, FLAG_FIN), bytesArbitrary)
    .map(([streamId, flags, data]) => encodeDataFrame(streamId, flags, data)),
);
const headersArbitrary = fc
  .dictionary(
    fc.string({ unit: 'grapheme', maxLength: 20 }).map((name) => name.toLowerCase()),
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    { maxKeys: 6 },
  )
  .map((object) => new Map(Object.entries(object)))
  // Some letters have no stable lower case; header names have only ASCII.
  .filter((headers) => [...headers.keys()].every((name) => /^[\x20-\x7e]*$/.test(name)));

describe('frames', () => {
  test('are the same wherever the bytes are split', () => {
    fc.assert(
      fc.property(
        fc.array(frameArbitrary, { maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 30 }),
        (frames, places) => {
          const bytes = Buffer.concat(frames);
          expect(joined(parse(cut(bytes, places)))).toEqual(joined(frames.flatMap((frame) => parse([frame]))));
        },
      ),
    );
  });

  test('come through one byte at a time', () => {
    const bytes = Buffer.concat([
      encodeSynStream(1, 0, Buffer.from('block')),
      encodeDataFrame(1, 0, Buffer.from('hello ')),
      encodeDataFrame(1, FLAG_FIN, Buffer.from('world')),
      encodeDataFrame(3, FLAG_FIN, Buffer.alloc(0)),
      encodeRstStream(5, 3),
    ]);
    expect(joined(parse([...bytes].map((byte) => Buffer.of(byte))))).toEqual(joined(parse([bytes])));
  });

  test('are written as the draft draws them', () => {
    expect(encodeSynStream(1, 1, Buffer.from('ab')).toString('hex')).toBe(
      '80030001' + '0100000c' + '00000001' + '00000000' + '0000' + '6162',
    );
    expect(encodeSynReply(3, Buffer.of(9)).toString('hex')).toBe('80030002' + '00000005' + '00000003' + '09');
    expect(encodeRstStream(3, 5).toString('hex')).toBe('80030003' + '00000008' + '00000003' + '00000005');
    expect(encodeDataFrame(7, 1, Buffer.from('x')).toString('hex')).toBe('00000007' + '01000001' + '78');
  });

  test('of a new stream are read back', () => {
    const [frame] = parse([encodeSynStream(0x7fffffff, 0, Buffer.from('block'))]);
    if (frame?.kind !== 'control') throw new Error('no control frame');
    expect(frame.type).toBe(FRAME_TYPE.synStream);
    expect(parseSynStream(frame.payload)).toEqual({ streamId: 0x7fffffff, block: Buffer.from('block') });
  });

  test('that cannot be are refused', () => {
    const otherVersion = Buffer.from('8002000100000000', 'hex');
    const tooLong = Buffer.from('8003000100ffffff', 'hex');
    for (const bytes of [otherVersion, tooLong]) expect(() => parse([bytes])).toThrow(SpdyProtocolError);
    expect(() => parseSynStream(Buffer.alloc(9))).toThrow(SpdyProtocolError);
    expect(() => parseStreamId(Buffer.alloc(3))).toThrow(SpdyProtocolError);
  });
});

describe('header blocks', () => {
  test('use the dictionary of SPDY/3, known by its checksum', () => {
    expect(SPDY_DICTIONARY.length).toBe(1423);
    expect(deflateSync('', { dictionary: SPDY_DICTIONARY }).subarray(2, 6).toString('hex')).toBe('e3c6a7c2');
  });

  test('come back as they were, one after another through one zlib stream', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(headersArbitrary, { maxLength: 5 }), async (blocks) => {
        const compressor = new HeaderCompressor();
        const decompressor = new HeaderDecompressor();
        for (const headers of blocks)
          expect(await decompressor.unpack(await compressor.pack(headers))).toEqual(headers);
        compressor.close();
        decompressor.close();
      }),
      { numRuns: 50 },
    );
  });

  test('cut off at any byte are refused, never misread', () => {
    fc.assert(
      fc.property(headersArbitrary, fc.nat(), (headers, place) => {
        const block = encodeHeaders(headers);
        expect(() => decodeHeaders(block.subarray(0, place % block.length))).toThrow(SpdyProtocolError);
      }),
    );
  });

  test('that are no zlib, or unpack into far too much, are refused', async () => {
    await expect(new HeaderDecompressor().unpack(Buffer.from('not zlib at all'))).rejects.toThrow(SpdyProtocolError);
    const bomb = await new HeaderCompressor().pack(new Map([['a', 'x'.repeat(10_000_000)]]));
    expect(bomb.length).toBeLessThan(20_000);
    await expect(new HeaderDecompressor().unpack(bomb)).rejects.toThrow(SpdyProtocolError);
  });
});
