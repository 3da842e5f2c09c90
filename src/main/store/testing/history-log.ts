import type { History, Opening, Read, Seen, WatchRun, WriteAttempt } from './check-history.ts';

/** What the worker says, a line each; the order of the lines is the order of time. */
export type Line =
  | { say: 'open'; revision: number; damage: number }
  | ({ say: 'start'; id: string; expected: number; coalesced: boolean } & Seen)
  | { say: 'done'; id: string; revision: number }
  | { say: 'refused'; id: string }
  | { say: 'reading'; id: string }
  | {
      say: 'read';
      id: string;
      prefix: string;
      revision: number;
      items: [key: string, revision: number, value: string][];
    }
  | { say: 'watch'; id: string; prefix: string; afterRevision: number }
  | ({ say: 'event'; id: string; revision: number } & Seen)
  | { say: 'compacted'; id: string };

/** Turns what processes said, one after another, into a history. Lines of a process that died half-way through one are given up. */
export class HistoryRecorder {
  readonly #writes = new Map<string, WriteAttempt>();
  readonly #reading = new Map<string, number>();
  readonly #reads: Read[] = [];
  readonly #watches = new Map<string, WatchRun & { events: WatchRun['events'][number][] }>();
  readonly #openings: Opening[] = [];
  #time = 0;
  /** Starts of the store that reported damage, and watches that were told to list again. */
  damage = 0;
  compacted = 0;

  get history(): History {
    return {
      writes: [...this.#writes.values()],
      reads: this.#reads,
      watches: [...this.#watches.values()],
      openings: this.#openings,
    };
  }

  take(line: Line): void {
    const time = ++this.#time;
    switch (line.say) {
      case 'open':
        this.#openings.push({ revision: line.revision, at: time });
        this.damage += line.damage;
        return;
      case 'start': {
        const { type, key, value, expected, coalesced } = line;
        this.#writes.set(line.id, { type, key, value, expected, coalesced, started: time, acknowledged: undefined });
        return;
      }
      case 'done': {
        const write = this.#writes.get(line.id);
        if (write) write.acknowledged = { revision: line.revision, ended: time };
        return;
      }
      case 'refused':
        this.#writes.delete(line.id);
        return;
      case 'reading':
        this.#reading.set(line.id, time);
        return;
      case 'read': {
        const items = new Map(line.items.map(([key, revision, value]) => [key, { revision, value }]));
        const { prefix, revision } = line;
        const started = this.#reading.get(line.id) ?? time;
        this.#reads.push({ prefix, revision, items, started, epoch: this.#openings.length });
        return;
      }
      case 'watch':
        this.#watches.set(line.id, { prefix: line.prefix, afterRevision: line.afterRevision, events: [] });
        return;
      case 'event':
        this.#watches.get(line.id)?.events.push(line);
        return;
      case 'compacted':
        this.compacted++;
        return;
    }
  }
}
