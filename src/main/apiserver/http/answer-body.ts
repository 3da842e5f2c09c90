import { constants, createGzip, type Gzip } from 'node:zlib';
import { begin, roomIn, writePiece, type HttpResponse } from './response.ts';

/** Answers above this are compressed for who takes it (upstream's defaultGzipThresholdBytes). */
export const GZIP_THRESHOLD = 128 * 1024;

/** Whether `gzip` is among the encodings a client takes; as upstream, one with parameters is not understood. */
export const takesGzip = (acceptEncoding: string | undefined): boolean =>
  (acceptEncoding ?? '').split(',').some((encoding) => encoding.trim() === 'gzip');

export interface AnswerHead {
  code: number;
  contentType: string;
  warnings?: readonly string[] | undefined;
}

/**
 * The body of an answer, written piece by piece. For a client that takes gzip, pieces are held back until it is known
 * whether there is enough to be worth it; the compressing is done on other threads.
 */
export class AnswerBody {
  #held: (string | Uint8Array)[] = [];
  #heldBytes = 0;
  #begun = false;
  #gzip: Gzip | undefined;

  constructor(
    private readonly response: HttpResponse,
    private readonly head: AnswerHead,
    private readonly mayCompress: boolean,
  ) {}

  /** Resolves when there is room for more; false when the client is gone. */
  async write(piece: string | Uint8Array): Promise<boolean> {
    if (this.#begun) return this.#pass(piece);
    if (!this.mayCompress) {
      this.#begin();
      return this.#pass(piece);
    }
    this.#held.push(piece);
    this.#heldBytes += Buffer.byteLength(piece);
    if (this.#heldBytes <= GZIP_THRESHOLD) return !this.response.destroyed;
    this.#compress();
    return this.#release();
  }

  /** Ends the answer, after a last piece. */
  async end(piece: string | Uint8Array): Promise<void> {
    const small = !this.mayCompress || this.#heldBytes + Buffer.byteLength(piece) <= GZIP_THRESHOLD;
    if (!this.#begun && small) {
      this.#begin();
      this.response.end(this.#held.length === 0 ? piece : Buffer.concat([...this.#held, piece].map(bytesOf)));
      return;
    }
    if (!(await this.write(piece))) return;
    // The compressor ends the response when it has let go of its last bytes.
    if (this.#gzip) this.#gzip.end();
    else this.response.end();
  }

  #begin(): void {
    const { code, contentType, warnings } = this.head;
    begin(this.response, code, contentType, warnings);
    this.#begun = true;
  }

  #compress(): void {
    this.response.setHeader('content-encoding', 'gzip');
    this.response.setHeader('vary', 'Accept-Encoding');
    this.#begin();
    const gzip = createGzip({ level: constants.Z_BEST_SPEED });
    this.#gzip = gzip;
    this.response.on('close', () => gzip.destroy());
    gzip.pipe(this.response as NodeJS.WritableStream);
  }

  async #release(): Promise<boolean> {
    const held = this.#held;
    this.#held = [];
    for (const piece of held) if (!(await this.#pass(piece))) return false;
    return true;
  }

  async #pass(piece: string | Uint8Array): Promise<boolean> {
    const gzip = this.#gzip;
    if (!gzip) return writePiece(this.response, piece);
    if (gzip.destroyed) return false;
    if (gzip.write(piece)) return true;
    await roomIn(gzip);
    return !gzip.destroyed;
  }
}

const bytesOf = (piece: string | Uint8Array): Uint8Array => (typeof piece === 'string' ? Buffer.from(piece) : piece);
