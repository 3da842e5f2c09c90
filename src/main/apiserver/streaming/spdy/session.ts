import type { Duplex } from 'node:stream';
import { messageOf } from '../../../../shared/api/errors.ts';
import type { Logger } from '../../../../shared/logger.ts';
import {
  encodeControlFrame,
  encodeRstStream,
  encodeSynReply,
  FLAG_FIN,
  FRAME_TYPE,
  parseStreamId,
  parseSynStream,
  RST_STATUS,
  SpdyProtocolError,
} from './frame.ts';
import { FrameParser, type SpdyFrame } from './frame-parser.ts';
import { HeaderCompressor, HeaderDecompressor } from './header-block.ts';
import { SpdyStream } from './stream.ts';

/** Streams open at a time; a client that wants more is turned down one by one. */
const MAX_STREAMS = 2048;
/** How long a session that is done waits for the client to hang up before it does so itself. */
const LINGER_MS = 5_000;
/**
 * How often the client is pinged. While a stream nobody reads holds the connection up, its end would not be seen either:
 * but what is written to a client that has gone fails.
 */
const PING_MS = 30_000;

/** The server's pings have even ids. */
const PING_ID = 2;

/** Where a frame did not get through, the connection has ended, and that is heard elsewhere. */
const ignore = (): void => undefined;

export interface SpdySessionDeps {
  /** Called with each stream the client opens, once it was replied to. */
  onStream: (stream: SpdyStream) => void;
  log: Logger;
}

/**
 * The server's side of a SPDY/3.1 connection, as client-go's moby/spdystream speaks it: only the client opens streams,
 * and nobody uses flow control, so a stream nobody reads holds up the others once its read-ahead is full.
 */
export class SpdySession {
  readonly #streams = new Map<number, SpdyStream>();
  readonly #parser = new FrameParser();
  readonly #compressor = new HeaderCompressor();
  readonly #decompressor = new HeaderDecompressor();
  #lastId = 0;

  constructor(
    private readonly socket: Duplex,
    private readonly deps: SpdySessionDeps,
  ) {
    socket.on('close', () => this.#forgetAll());
    socket.on('error', (error) => deps.log.debug({ error: error.message }, 'SPDY connection lost'));
  }

  /** Serves the connection, beginning with what was read of it already, until it ends. Never rejects. */
  async run(head: Buffer): Promise<void> {
    const pinging = setInterval(() => this.#ping(), PING_MS);
    try {
      await this.#receive(head);
      for await (const chunk of this.socket as AsyncIterable<Buffer>) await this.#receive(chunk);
    } catch (error) {
      this.deps.log.debug({ error: messageOf(error) }, 'SPDY session failed');
    } finally {
      clearInterval(pinging);
      this.socket.destroy();
      this.#forgetAll();
      this.#compressor.close();
      this.#decompressor.close();
    }
  }

  /** Says good-bye; what was written before still arrives. */
  close(): void {
    const goAway = Buffer.alloc(8);
    goAway.writeUInt32BE(this.#lastId, 0);
    if (this.socket.writable) this.socket.end(encodeControlFrame(FRAME_TYPE.goAway, 0, goAway));
    const timer = setTimeout(() => this.socket.destroy(), LINGER_MS);
    this.socket.on('close', () => clearTimeout(timer));
  }

  async #receive(chunk: Buffer): Promise<void> {
    for (const frame of this.#parser.push(chunk)) {
      if (frame.kind === 'data') await this.#streams.get(frame.streamId)?.deliver(frame.data, frame.fin);
      else await this.#control(frame);
    }
  }

  async #control({ type, flags, payload }: SpdyFrame & { kind: 'control' }): Promise<void> {
    switch (type) {
      case FRAME_TYPE.synStream:
        return this.#open(payload, (flags & FLAG_FIN) !== 0);
      case FRAME_TYPE.rstStream:
        this.#streams.get(parseStreamId(payload))?.forget(new Error('the client has reset the stream'));
        return;
      case FRAME_TYPE.ping:
        // Even ids are answers to the server's own.
        if (parseStreamId(payload) % 2 === 1) this.#send(encodeControlFrame(FRAME_TYPE.ping, 0, payload), ignore);
        return;
      case FRAME_TYPE.headers: {
        parseStreamId(payload);
        // More headers mean nothing here, but the blocks after them cannot be read without them.
        await this.#decompressor.unpack(payload.subarray(4));
      }
    }
  }

  async #open(payload: Buffer, fin: boolean): Promise<void> {
    const { streamId, block } = parseSynStream(payload);
    const headers = await this.#decompressor.unpack(block);
    // Clients count 1, 3, 5, …
    if (streamId % 2 === 0 || streamId <= this.#lastId)
      throw new SpdyProtocolError(`stream ${streamId} after ${this.#lastId}`);
    this.#lastId = streamId;
    if (this.#streams.size >= MAX_STREAMS)
      return this.#send(encodeRstStream(streamId, RST_STATUS.refusedStream), ignore);
    const stream = new SpdyStream(streamId, headers, this.#send);
    this.#streams.set(streamId, stream);
    stream.on('close', () => this.#streams.delete(streamId));
    this.#send(encodeSynReply(streamId, await this.#compressor.pack(new Map())), ignore);
    this.deps.onStream(stream);
    if (fin) await stream.deliver(Buffer.alloc(0), true);
  }

  #ping(): void {
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(PING_ID);
    this.#send(encodeControlFrame(FRAME_TYPE.ping, 0, payload), ignore);
  }

  readonly #send = (frame: Buffer, done: (error?: Error | null) => void): void => {
    if (this.socket.writable) this.socket.write(frame, done);
    else queueMicrotask(() => done(new Error('the SPDY connection has ended')));
  };

  #forgetAll(): void {
    for (const stream of this.#streams.values()) stream.forget();
  }
}
