import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '../../shared/api/kinds.ts';
import type { BackoffEntry } from '../pods/restart-backoff.ts';
import { readJson, writeAtomic } from './atomic-file.ts';

/** What the agent must know about a pod to go on without the API. Counts and exits are in Docker's labels and states. */
export interface PodRecord {
  /** As last seen in the API, with the status the agent has last computed. */
  pod: Pod;
  backoff: Record<string, BackoffEntry>;
}

/** One file a pod, replaced as a whole. */
export class Checkpoint {
  readonly #written = new Map<string, string>();
  readonly #tails = new Map<string, Promise<void>>();

  constructor(private readonly directory: string) {}

  async load(): Promise<PodRecord[]> {
    const files = await readdir(this.directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const records: PodRecord[] = [];
    for (const file of files.filter((name) => name.endsWith('.json'))) {
      const record = (await readJson(join(this.directory, file))) as PodRecord | undefined;
      if (record?.pod.metadata?.uid) records.push(record);
    }
    return records;
  }

  /** Writes when something has changed; writes of one pod are in order. */
  save(record: PodRecord): Promise<void> {
    const uid = record.pod.metadata?.uid ?? '';
    const content = JSON.stringify(record);
    if (this.#written.get(uid) === content) return this.#tails.get(uid) ?? Promise.resolve();
    this.#written.set(uid, content);
    return this.#after(uid, () => writeAtomic(this.#file(uid), content));
  }

  remove(uid: string): Promise<void> {
    this.#written.delete(uid);
    return this.#after(uid, () => rm(this.#file(uid), { force: true })).finally(() => this.#tails.delete(uid));
  }

  #after(uid: string, work: () => Promise<void>): Promise<void> {
    // An earlier write's failure was its caller's to hear.
    const next = (this.#tails.get(uid) ?? Promise.resolve()).then(work, work);
    this.#tails.set(uid, next);
    return next;
  }

  #file(uid: string): string {
    return join(this.directory, `${uid}.json`);
  }
}
