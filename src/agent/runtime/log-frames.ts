/** Docker's stream framing: one byte stream number (1 stdout, 2 stderr), three zero bytes, a 32-bit length, then the bytes. */
const HEADER_BYTES = 8;

export interface LogFrame {
  stream: number;
  bytes: Buffer;
}

/** Takes Docker's framing off, chunk by chunk. A container with a terminal has no framing: pass its bytes on as they are. */
export class FrameParser {
  #rest: Buffer = Buffer.alloc(0);

  /** The frames that are complete with this chunk. */
  push(chunk: Uint8Array): LogFrame[] {
    let buffer = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : Buffer.from(chunk);
    const frames: LogFrame[] = [];
    while (buffer.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + buffer.readUInt32BE(4);
      if (buffer.length < end) break;
      frames.push({ stream: buffer[0] ?? 1, bytes: buffer.subarray(HEADER_BYTES, end) });
      buffer = buffer.subarray(end);
    }
    this.#rest = buffer;
    return frames;
  }
}

/** All output of a whole framed buffer, both streams in the order they came. */
export function demultiplexAll(buffer: Uint8Array, tty: boolean): Buffer {
  if (tty) return Buffer.from(buffer);
  return Buffer.concat(new FrameParser().push(buffer).map(({ bytes }) => bytes));
}
