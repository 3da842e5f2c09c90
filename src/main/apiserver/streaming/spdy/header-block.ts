import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib';
import { SPDY_DICTIONARY } from './dictionary.ts';
import { SpdyProtocolError } from './frame.ts';

/** A stream's headers: lower-case names, one value each. */
export type SpdyHeaders = ReadonlyMap<string, string>;

/** Longest header block taken, unpacked: a few bytes could unpack into gigabytes. */
const MAX_BLOCK_BYTES = 64 * 1024;

/** Name/value pairs as they are before compression (2.6.10). */
export function encodeHeaders(headers: SpdyHeaders): Buffer {
  const parts = [uint32(headers.size)];
  for (const pair of headers)
    for (const text of pair) {
      const bytes = Buffer.from(text, 'utf8');
      parts.push(uint32(bytes.length), bytes);
    }
  return Buffer.concat(parts);
}

/** Reads name/value pairs. Throws SpdyProtocolError when the block is cut off or says something twice. */
export function decodeHeaders(block: Buffer): Map<string, string> {
  let offset = 0;
  const read = (length: number): Buffer => {
    if (offset + length > block.length) throw new SpdyProtocolError('a header block is cut off');
    offset += length;
    return block.subarray(offset - length, offset);
  };
  const headers = new Map<string, string>();
  for (let left = read(4).readUInt32BE(); left > 0; left -= 1) {
    const name = read(read(4).readUInt32BE()).toString('utf8').toLowerCase();
    const value = read(read(4).readUInt32BE()).toString('utf8');
    if (headers.has(name)) throw new SpdyProtocolError(`a header block has ${JSON.stringify(name)} twice`);
    headers.set(name, value);
  }
  return headers;
}

/** Packs header blocks of one direction of a connection: they share one zlib stream, so order matters. */
export class HeaderCompressor {
  readonly #deflate: Deflate = createDeflate({ dictionary: SPDY_DICTIONARY });
  readonly #chunks = collect(this.#deflate);

  /** Not to be called again before it has resolved. */
  pack(headers: SpdyHeaders): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#deflate.once('error', reject);
      this.#deflate.write(encodeHeaders(headers));
      this.#deflate.flush(constants.Z_SYNC_FLUSH, () => {
        this.#deflate.off('error', reject);
        resolve(Buffer.concat(this.#chunks.splice(0)));
      });
    });
  }

  close(): void {
    this.#deflate.destroy();
  }
}

/** The other end of a HeaderCompressor. */
export class HeaderDecompressor {
  readonly #inflate: Inflate = createInflate({ dictionary: SPDY_DICTIONARY });
  readonly #chunks = collect(this.#inflate);

  constructor() {
    // unpack says what was wrong; zlib may say it once more after that.
    this.#inflate.on('error', () => this.close());
  }

  /** Not to be called again before it has settled. Rejects with SpdyProtocolError when the bytes are no header block. */
  unpack(block: Buffer): Promise<Map<string, string>> {
    return new Promise((resolve, reject) => {
      let bytes = 0;
      let done = false;
      const finish = (error?: Error | null): void => {
        if (done) return;
        done = true;
        this.#inflate.off('error', onError).off('close', onClose).off('data', onData);
        const block = Buffer.concat(this.#chunks.splice(0));
        if (error) return reject(new SpdyProtocolError(`a header block: ${error.message}`));
        try {
          resolve(decodeHeaders(block));
        } catch (failure) {
          reject(failure instanceof Error ? failure : new Error(String(failure)));
        }
      };
      const onError = (error: Error): void => finish(error);
      const onClose = (): void => finish(new Error('the session has ended'));
      const onData = (chunk: Buffer): void => {
        bytes += chunk.length;
        if (bytes <= MAX_BLOCK_BYTES) return;
        finish(new Error('it is too long'));
        this.#inflate.destroy();
      };
      this.#inflate.on('error', onError).on('close', onClose).on('data', onData);
      this.#inflate.write(block);
      this.#inflate.flush((error?: Error | null) => finish(error));
    });
  }

  close(): void {
    this.#inflate.destroy();
  }
}

function collect(stream: Deflate | Inflate): Buffer[] {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return chunks;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
