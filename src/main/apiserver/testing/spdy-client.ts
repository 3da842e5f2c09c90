import type { Duplex } from 'node:stream';
import { encodeDataFrame, encodeSynStream, FLAG_FIN, FRAME_TYPE, parseStreamId } from '../streaming/spdy/frame.ts';
import { FrameParser } from '../streaming/spdy/frame-parser.ts';
import { HeaderCompressor } from '../streaming/spdy/header-block.ts';

/** What the server has said about one stream. */
export interface ClientStream {
  replied: boolean;
  reset: boolean;
  ended: boolean;
  bytes: Buffer;
}

/** The client's side of a SPDY connection, for tests: says whatever it is told to, sensible or not. */
export class SpdyTestClient {
  readonly pings: Buffer[] = [];
  goneAway = false;
  closed = false;
  readonly #streams = new Map<number, ClientStream>();
  readonly #compressor = new HeaderCompressor();
  readonly #parser = new FrameParser();
  #nextId = 1;

  constructor(private readonly socket: Duplex) {
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => (this.closed = true));
    // Half of a duplexPair hears of the other's end only.
    socket.on('end', () => (this.closed = true));
  }

  /** Opens a stream; the next odd id unless one is given. Resolves with the id. */
  async open(headers: Record<string, string>, id = this.#nextId, flags = 0): Promise<number> {
    this.#nextId = id + 2;
    const block = await this.#compressor.pack(new Map(Object.entries(headers)));
    this.socket.write(encodeSynStream(id, flags, block));
    return id;
  }

  send(id: number, data: string | Buffer, fin = false): void {
    this.socket.write(encodeDataFrame(id, fin ? FLAG_FIN : 0, Buffer.from(data)));
  }

  raw(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  stream(id: number): ClientStream {
    let stream = this.#streams.get(id);
    if (!stream) {
      stream = { replied: false, reset: false, ended: false, bytes: Buffer.alloc(0) };
      this.#streams.set(id, stream);
    }
    return stream;
  }

  #receive(chunk: Buffer): void {
    for (const frame of this.#parser.push(chunk)) {
      if (frame.kind === 'data') {
        const stream = this.stream(frame.streamId);
        stream.bytes = Buffer.concat([stream.bytes, frame.data]);
        stream.ended ||= frame.fin;
      } else if (frame.type === FRAME_TYPE.synReply) this.stream(parseStreamId(frame.payload)).replied = true;
      else if (frame.type === FRAME_TYPE.rstStream) this.stream(parseStreamId(frame.payload)).reset = true;
      else if (frame.type === FRAME_TYPE.ping) this.pings.push(Buffer.from(frame.payload));
      else if (frame.type === FRAME_TYPE.goAway) this.goneAway = true;
    }
  }
}
