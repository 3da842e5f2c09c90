import { mkdir } from 'node:fs/promises';
import { createStream, type RotatingFileStream } from 'rotating-file-stream';
import { messageOf } from '../../../shared/api/errors.ts';
import type { Logger } from '../../../shared/logger.ts';
import type { AuditSink } from './audit-recorder.ts';
import type { AuditEvent } from './event.ts';

export const AUDIT_FILE = 'audit.log';

export interface AuditLogOptions {
  directory: string;
  log: Logger;
  /** Size at which a new file is begun, as rotating-file-stream writes sizes. */
  size?: `${number}${'K' | 'M'}`;
  /** Old files kept. */
  files?: number;
  /** Events waiting for the disk at most; more are dropped, and counted. */
  longestQueue?: number;
}

/** Events formatted in one go: a few milliseconds, so that requests go on in between. */
const BATCH = 500;
/** How long an event waits for others to share its write. */
const GATHER_MS = 100;

/**
 * The audit log on disk: JSON lines in `audit.log` (0600), older ones in `audit.log.1` and on. A request never waits for
 * it: when the disk is slow events are dropped and the count of those shows in /metrics.
 */
export class AuditLog implements AuditSink {
  #queue: AuditEvent[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #written = 0;
  #dropped = 0;
  #closed = false;

  private constructor(
    private readonly stream: RotatingFileStream,
    private readonly log: Logger,
    private readonly longestQueue: number,
  ) {
    stream.on('error', (error) => log.error({ error: messageOf(error) }, 'audit log failed'));
    stream.on('warning', (error) => log.warn({ error: messageOf(error) }, 'audit log could not be rotated'));
  }

  /** Opens or makes the log. Rejects when the folder cannot be made. */
  static async open(options: AuditLogOptions): Promise<AuditLog> {
    const { directory, log, size = '100M', files = 10, longestQueue = 10_000 } = options;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const stream = createStream(AUDIT_FILE, { path: directory, size, rotate: files, mode: 0o600 });
    return new AuditLog(stream, log, longestQueue);
  }

  push(event: AuditEvent): void {
    if (this.#closed || this.#queue.length >= this.longestQueue) {
      if (this.#dropped === 0) this.log.warn({}, 'audit events are dropped: the disk does not keep up');
      this.#dropped += 1;
      return;
    }
    this.#queue.push(event);
    if (this.#queue.length >= BATCH) this.#begin();
    else this.#timer ??= setTimeout(() => this.#begin(), GATHER_MS);
  }

  /** Resolves when everything pushed so far was handed to the file. */
  async flush(): Promise<void> {
    while (this.#queue.length > 0 || this.#writing) {
      this.#begin();
      await this.#writing;
    }
  }

  /** Writes what is waiting and closes the file. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
    clearTimeout(this.#timer);
    await new Promise<void>((resolve) => this.stream.end(() => resolve()));
  }

  /** The Prometheus text of what was written and what was lost, under upstream's names. */
  metrics(): string {
    return [
      '# HELP apiserver_audit_event_total Counter of audit events generated and sent to the audit backend.',
      '# TYPE apiserver_audit_event_total counter',
      `apiserver_audit_event_total ${this.#written}`,
      '# HELP apiserver_audit_error_total Counter of audit events that failed to be audited properly.',
      '# TYPE apiserver_audit_error_total counter',
      `apiserver_audit_error_total{plugin="log"} ${this.#dropped}`,
      '',
    ].join('\n');
  }

  #begin(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = undefined;
      if (this.#queue.length > 0) this.#timer ??= setTimeout(() => this.#begin(), GATHER_MS);
    });
  }

  /** One batch; the next waits until this one is with the file. */
  async #drain(): Promise<void> {
    const batch = this.#queue.splice(0, BATCH);
    if (batch.length === 0) return;
    const text = batch.map((event) => `${JSON.stringify(event)}\n`).join('');
    const failure = await new Promise<Error | null | undefined>((resolve) => this.stream.write(text, resolve));
    if (failure) this.#dropped += batch.length;
    else this.#written += batch.length;
  }
}
