import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredObject } from '../storage.ts';
import { readSegment } from './read-event-history.ts';
import { listSegments, segmentName, trimSegments, type HistoryBounds } from './segments.ts';

/** The files of the history as they are written: lines of JSON at the end of the newest segment, never fsync'd. */
export class HistoryLog {
  #file: FileHandle | undefined;
  #startMs = 0;
  #bytes = 0;
  /** The file may end in half a line: of a process that was killed, or of a full disk. */
  #brokenLine = false;

  private constructor(
    private readonly dir: string,
    private readonly bounds: HistoryBounds,
    /** The revision of the last event recorded; 0: none. */
    public lastRevision: number,
  ) {}

  static async open(dir: string, bounds: HistoryBounds): Promise<HistoryLog> {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const last = (await listSegments(dir)).at(-1);
    let lastRevision = 0;
    if (last)
      for await (const { revision } of readSegment(join(dir, last.name)))
        lastRevision = Math.max(lastRevision, revision);
    const log = new HistoryLog(dir, bounds, lastRevision);
    if (last) await log.#use(last.startMs, last.bytes);
    return log;
  }

  /** Appends events, in revision order. What could not be written is lost to the history; the next append starts a new line. */
  async append(events: readonly StoredObject[], nowMs: number): Promise<void> {
    const file = await this.#fileFor(nowMs);
    const at = new Date(nowMs).toISOString();
    const lines = events.map(({ modRevision, value }) => JSON.stringify({ at, revision: modRevision, event: value }));
    const bytes = Buffer.from(`${this.#brokenLine ? '\n' : ''}${lines.join('\n')}\n`);
    this.#brokenLine = true;
    await file.appendFile(bytes);
    this.#brokenLine = false;
    this.#bytes += bytes.length;
    this.lastRevision = Math.max(this.lastRevision, events.at(-1)?.modRevision ?? 0);
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  async #fileFor(nowMs: number): Promise<FileHandle> {
    const { segmentBytes, segmentMs } = this.bounds;
    if (this.#file && this.#bytes < segmentBytes && nowMs - this.#startMs < segmentMs) return this.#file;
    await this.close();
    // Never before the last one's, whatever the clock says.
    const file = await this.#use(Math.max(nowMs, this.#startMs + 1), 0);
    await trimSegments(this.dir, nowMs, this.bounds);
    return file;
  }

  async #use(startMs: number, bytes: number): Promise<FileHandle> {
    this.#file = await open(join(this.dir, segmentName(startMs)), 'a', 0o600);
    this.#startMs = startMs;
    this.#bytes = bytes;
    this.#brokenLine = bytes > 0;
    return this.#file;
  }
}
