import { FLAG_FIN, FRAME_HEADER_BYTES, parseFrameHeader, SpdyProtocolError, type FrameHeader } from './frame.ts';

/** A control frame whole, or the next piece of a data frame; `fin` comes with a stream's last piece only. */
export type SpdyFrame =
  | { kind: 'control'; type: number; flags: number; payload: Buffer }
  | { kind: 'data'; streamId: number; fin: boolean; data: Buffer };

/** Control frames hold a few short headers; more than this is no client of ours. */
const MAX_CONTROL_BYTES = 64 * 1024;

/**
 * Cuts a byte stream into frames, wherever its chunks are split. Data frames may be 16 MiB and are passed on in pieces
 * as they come, so that no more than a chunk is held.
 */
export class FrameParser {
  #held: Buffer = Buffer.alloc(0);
  #header: FrameHeader | undefined;
  /** Bytes of the current data frame that have not come yet. */
  #left = 0;

  /** Frames that this chunk completes or continues. Throws SpdyProtocolError. */
  *push(chunk: Buffer): Generator<SpdyFrame, void> {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    for (;;) {
      const header = this.#header ?? this.#readHeader();
      if (!header) return;
      const frame = header.control ? this.#control(header) : this.#data(header);
      if (!frame) return;
      yield frame;
    }
  }

  #readHeader(): FrameHeader | undefined {
    if (this.#held.length < FRAME_HEADER_BYTES) return undefined;
    const header = parseFrameHeader(this.#take(FRAME_HEADER_BYTES));
    if (header.control && header.length > MAX_CONTROL_BYTES)
      throw new SpdyProtocolError(`a control frame of ${header.length} bytes is too long`);
    this.#header = header;
    this.#left = header.length;
    return header;
  }

  #control({ type, flags, length }: FrameHeader & { control: true }): SpdyFrame | undefined {
    if (this.#held.length < length) return undefined;
    this.#header = undefined;
    return { kind: 'control', type, flags, payload: this.#take(length) };
  }

  #data({ streamId, flags }: FrameHeader & { control: false }): SpdyFrame | undefined {
    if (this.#held.length === 0 && this.#left > 0) return undefined;
    const data = this.#take(Math.min(this.#left, this.#held.length));
    this.#left -= data.length;
    if (this.#left === 0) this.#header = undefined;
    return { kind: 'data', streamId, fin: this.#left === 0 && (flags & FLAG_FIN) !== 0, data };
  }

  #take(length: number): Buffer {
    const taken = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length);
    return taken;
  }
}
