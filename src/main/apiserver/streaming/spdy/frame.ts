/** Control frame types of SPDY/3.1 that a server meets. Others are skipped. */
export const FRAME_TYPE = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  ping: 6,
  goAway: 7,
  headers: 8,
} as const;

/** The last frame of its direction of a stream. */
export const FLAG_FIN = 1;

/** Status codes of RST_STREAM (2.6.3). */
export const RST_STATUS = {
  protocolError: 1,
  invalidStream: 2,
  refusedStream: 3,
  cancel: 5,
  internalError: 6,
} as const;

export const FRAME_HEADER_BYTES = 8;
const VERSION = 3;
const CONTROL_BIT = 0x80;
/** Stream ids have 31 bits; the highest is reserved. */
const STREAM_ID_MASK = 0x7fffffff;
const MAX_LENGTH = 0xffffff;

/** The peer does not speak SPDY/3.1, or says what cannot be meant. The connection is of no further use. */
export class SpdyProtocolError extends Error {
  override readonly name = 'SpdyProtocolError';
}

/** What the first eight bytes of a frame say. `length` counts the bytes after them. */
export type FrameHeader =
  | { control: true; type: number; flags: number; length: number }
  | { control: false; streamId: number; flags: number; length: number };

/** Reads a frame's first eight bytes. Throws SpdyProtocolError for another version of SPDY. */
export function parseFrameHeader(bytes: Buffer): FrameHeader {
  const word = bytes.readUInt32BE(0);
  const flags = bytes.readUInt8(4);
  const length = bytes.readUIntBE(5, 3);
  if ((bytes.readUInt8(0) & CONTROL_BIT) === 0) return { control: false, streamId: word, flags, length };
  const version = (word >>> 16) & 0x7fff;
  if (version !== VERSION) throw new SpdyProtocolError(`SPDY version ${version} is not spoken here`);
  return { control: true, type: word & 0xffff, flags, length };
}

export function encodeControlFrame(type: number, flags: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(FRAME_HEADER_BYTES);
  head.writeUInt16BE((CONTROL_BIT << 8) | VERSION, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt8(flags, 4);
  head.writeUIntBE(payload.length, 5, 3);
  return Buffer.concat([head, payload]);
}

/** At most 16 MiB - 1 of data. */
export function encodeDataFrame(streamId: number, flags: number, data: Uint8Array): Buffer {
  if (data.length > MAX_LENGTH) throw new RangeError(`${data.length} bytes do not fit into a SPDY frame`);
  const head = Buffer.alloc(FRAME_HEADER_BYTES);
  head.writeUInt32BE(streamId & STREAM_ID_MASK, 0);
  head.writeUInt8(flags, 4);
  head.writeUIntBE(data.length, 5, 3);
  return Buffer.concat([head, data]);
}

/** A new stream as SYN_STREAM opens it; its header block is still compressed. */
export interface SynStream {
  streamId: number;
  block: Buffer;
}

export function parseSynStream(payload: Buffer): SynStream {
  if (payload.length < 10) throw new SpdyProtocolError('a SYN_STREAM frame is too short');
  return { streamId: payload.readUInt32BE(0) & STREAM_ID_MASK, block: payload.subarray(10) };
}

export function encodeSynStream(streamId: number, flags: number, block: Buffer): Buffer {
  const start = Buffer.alloc(10);
  start.writeUInt32BE(streamId, 0);
  return encodeControlFrame(FRAME_TYPE.synStream, flags, Buffer.concat([start, block]));
}

export function encodeSynReply(streamId: number, block: Buffer): Buffer {
  const start = Buffer.alloc(4);
  start.writeUInt32BE(streamId, 0);
  return encodeControlFrame(FRAME_TYPE.synReply, 0, Buffer.concat([start, block]));
}

/** The stream id that SYN_REPLY, RST_STREAM and HEADERS begin with. */
export function parseStreamId(payload: Buffer): number {
  if (payload.length < 4) throw new SpdyProtocolError('a frame is too short for its stream id');
  return payload.readUInt32BE(0) & STREAM_ID_MASK;
}

export function encodeRstStream(streamId: number, status: number): Buffer {
  const payload = Buffer.alloc(8);
  payload.writeUInt32BE(streamId, 0);
  payload.writeUInt32BE(status, 4);
  return encodeControlFrame(FRAME_TYPE.rstStream, 0, payload);
}
