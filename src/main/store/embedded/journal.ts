import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { segmentName, syncDirectory } from './files.ts';
import type { EmbeddedOptions } from './options.ts';
import { encodeGroup, RecordKind, type RecordInput } from './record.ts';
import { sealed } from './sealing.ts';

/**
 * The segment being written. One group at a time: written, fsync'd, and only then counted as there. After a failure
 * nothing is appended until the file has been cut back to its last durable byte.
 */
export class Journal {
  #durableBytes: number;
  #needsRepair = false;

  private constructor(
    private readonly dir: string,
    private readonly options: Pick<EmbeddedOptions, 'failpoint' | 'sealer'>,
    private file: FileHandle,
    private number: number,
    private group: number,
    durableBytes: number,
    private bytesBefore: number,
  ) {
    this.#durableBytes = durableBytes;
  }

  /** Opens a segment to append after its first `goodBytes`; what is beyond is cut. Creates it when it is new. */
  static async open(
    dir: string,
    options: Pick<EmbeddedOptions, 'failpoint' | 'sealer'>,
    at: { segment: number; goodBytes: number; lastGroup: number; bytesBefore: number },
  ): Promise<Journal> {
    const file = await openSegment(dir, at.segment);
    await file.truncate(at.goodBytes);
    await file.datasync();
    return new Journal(dir, options, file, at.segment, at.lastGroup, at.goodBytes, at.bytesBefore);
  }

  get segment(): number {
    return this.number;
  }

  /** Bytes of all segments since the last snapshot. */
  get bytes(): number {
    return this.bytesBefore + this.#durableBytes;
  }

  /** Resolves when the records are on disk, all or none. Not to be called again before it settles. */
  async append(records: readonly RecordInput[]): Promise<void> {
    if (this.#needsRepair) await this.#repair();
    const { failpoint, sealer } = this.options;
    const forDisk = records.map((record) => sealed(record, sealer));
    const bytes = encodeGroup(forDisk, this.group + 1);
    try {
      failpoint('append.before');
      await writeAll(this.file, bytes, this.#durableBytes);
      failpoint('append.after');
      failpoint('fsync.before');
      await this.file.datasync();
      failpoint('fsync.after');
    } catch (error) {
      this.#needsRepair = true;
      throw error;
    }
    this.#durableBytes += bytes.length;
    this.group++;
  }

  /** Ends this segment and begins the next; returns the new one's number. */
  async rotate(revision: number): Promise<number> {
    await this.append([{ kind: RecordKind.seal, revision }]);
    this.options.failpoint('rotate.before');
    const next = await openSegment(this.dir, this.number + 1);
    await this.file.close();
    this.file = next;
    this.number++;
    this.bytesBefore += this.#durableBytes;
    this.#durableBytes = 0;
    this.options.failpoint('rotate.after');
    return this.number;
  }

  /** Says that a snapshot now stands for all segments before the current one. */
  forgetBefore(): void {
    this.bytesBefore = 0;
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  async #repair(): Promise<void> {
    await this.file.truncate(this.#durableBytes);
    await this.file.datasync();
    this.#needsRepair = false;
  }
}

async function openSegment(dir: string, number: number): Promise<FileHandle> {
  const path = join(dir, segmentName(number));
  let file: FileHandle;
  try {
    file = await open(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    file = await open(path, 'wx+', 0o600);
    await syncDirectory(dir);
  }
  return file;
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
