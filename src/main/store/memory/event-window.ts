import type { CommittedEvent } from './committed-event.ts';
import { kindOf } from './key-index.ts';
import type { Slot } from './slot.ts';

/** A queue that drops from its front in constant time (amortised) and can be searched by revision. */
class EventLog {
  #events: CommittedEvent[] = [];
  #start = 0;

  push(event: CommittedEvent): void {
    this.#events.push(event);
  }

  get first(): CommittedEvent | undefined {
    return this.#events[this.#start];
  }

  get length(): number {
    return this.#events.length - this.#start;
  }

  dropFirst(): void {
    this.#start++;
    if (this.#start > 1024 && this.#start * 2 > this.#events.length) {
      this.#events = this.#events.slice(this.#start);
      this.#start = 0;
    }
  }

  /** Events with a greater revision, in order. */
  after(revision: number): CommittedEvent[] {
    let low = this.#start;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#events[middle]?.revision ?? Infinity) <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#events.slice(low);
  }
}

export interface WindowBounds {
  windowEvents: number;
  windowBytes: number;
  windowMs: number;
}

/** The last events, bounded in number, bytes and age: what watches resume from and older lists are rebuilt from. */
export class EventWindow {
  readonly #all = new EventLog();
  readonly #kinds = new Map<string, EventLog>();
  #bytes = 0;
  #compacted: number;

  constructor(
    private readonly bounds: WindowBounds,
    startRevision: number,
  ) {
    this.#compacted = startRevision;
  }

  /** The oldest revision that can be looked back to. */
  get compactedRevision(): number {
    return this.#compacted;
  }

  add(event: CommittedEvent): void {
    this.#all.push(event);
    const kind = kindOf(event.key) ?? '';
    const log = this.#kinds.get(kind);
    if (log) log.push(event);
    else {
      const created = new EventLog();
      created.push(event);
      this.#kinds.set(kind, created);
    }
    this.#bytes += event.size;
  }

  /** Drops what is out of bounds. */
  trim(now: number): void {
    for (let first = this.#all.first; first !== undefined; first = this.#all.first) {
      const within =
        this.#all.length <= this.bounds.windowEvents &&
        this.#bytes <= this.bounds.windowBytes &&
        now - first.at <= this.bounds.windowMs;
      if (within) return;
      this.#all.dropFirst();
      this.#bytes -= first.size;
      this.#compacted = first.revision;
      const kind = kindOf(first.key) ?? '';
      const log = this.#kinds.get(kind);
      log?.dropFirst();
      if (log?.length === 0) this.#kinds.delete(kind);
    }
  }

  /** Events under the prefix after the revision, in order. Looks only at the prefix's own kind when it names one. */
  after(prefix: string, revision: number): CommittedEvent[] {
    const kind = kindOf(prefix);
    const log = kind === undefined ? this.#all : this.#kinds.get(kind);
    return log?.after(revision).filter((event) => event.key.startsWith(prefix)) ?? [];
  }

  /** For each key under the prefix that changed after the revision: what was there at it. */
  statesAt(prefix: string, revision: number): Map<string, Slot | undefined> {
    const states = new Map<string, Slot | undefined>();
    for (const event of this.after(prefix, revision)) {
      if (!states.has(event.key)) states.set(event.key, event.previousSlot);
    }
    return states;
  }
}
