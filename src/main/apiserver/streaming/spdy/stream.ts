import { Duplex } from 'node:stream';
import { encodeDataFrame, encodeRstStream, FLAG_FIN, RST_STATUS } from './frame.ts';
import type { SpdyHeaders } from './header-block.ts';

/** Data of one stream that may wait for its reader before the whole connection has to. */
const READ_AHEAD_BYTES = 256 * 1024;
/** Longer writes are split, so that other streams get their turn. */
const MAX_DATA_BYTES = 64 * 1024;

/** Sends a frame; called back when the connection has taken it, or with what went wrong. */
export type SendFrame = (frame: Buffer, done: (error?: Error | null) => void) => void;

/**
 * One stream of a SPDY session, as a Duplex: an end in one direction leaves the other open, and destroying it before
 * both have ended resets it. The session feeds it; whoever was given it reads, writes and ends it.
 */
export class SpdyStream extends Duplex {
  #wanted: (() => void) | undefined;
  /** What each side has said it will send no more of. */
  #received = false;
  #sent = false;
  /** Set when the other side needs not be told that the stream is gone. */
  #forgotten = false;

  constructor(
    readonly id: number,
    readonly headers: SpdyHeaders,
    private readonly sendFrame: SendFrame,
  ) {
    super({ readableHighWaterMark: READ_AHEAD_BYTES, allowHalfOpen: true, emitClose: true });
    // A stream ends together with what it is joined to; those who need to know why listen themselves.
    this.on('error', () => this.destroy());
  }

  /** Takes in data from the session. The promise, if any, resolves when there is room for more. */
  deliver(data: Buffer, fin: boolean): Promise<void> | undefined {
    if (this.destroyed || this.#received) return undefined;
    const full = data.length > 0 && !this.push(data);
    if (fin) {
      this.#received = true;
      this.push(null);
      return undefined;
    }
    return full ? new Promise((resolve) => (this.#wanted = resolve)) : undefined;
  }

  /** The other side, or the whole session, has given the stream up: no RST_STREAM is sent. */
  forget(error?: Error): void {
    this.#forgotten = true;
    this.destroy(error);
  }

  /** Turns a new stream down, as one that makes no sense here. */
  refuse(): void {
    this.#forgotten = true;
    this.sendFrame(encodeRstStream(this.id, RST_STATUS.refusedStream), () => this.destroy());
  }

  override _read(): void {
    this.#wanted?.();
    this.#wanted = undefined;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const piece = chunk.subarray(0, MAX_DATA_BYTES);
    const rest = chunk.subarray(MAX_DATA_BYTES);
    this.sendFrame(encodeDataFrame(this.id, 0, piece), (error) => {
      if (error || rest.length === 0) done(error);
      else this._write(rest, _encoding, done);
    });
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#sent = true;
    this.sendFrame(encodeDataFrame(this.id, FLAG_FIN, Buffer.alloc(0)), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#wanted?.();
    this.#wanted = undefined;
    if (this.#forgotten || (this.#received && this.#sent)) return done(error);
    this.#forgotten = true;
    this.sendFrame(encodeRstStream(this.id, RST_STATUS.cancel), () => done(error));
  }
}
