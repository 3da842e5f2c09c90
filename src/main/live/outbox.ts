import type { ServerFrame } from '../../shared/live/contract.ts';
import type { LiveConnection } from './connection.ts';

/** Above this many unsent bytes a screen is behind: nothing new is made for it until it has caught up. */
const HIGH_WATER = 1_000_000;
/** How often a screen that is behind is looked at. */
const RETRY_MS = 20;

/** Sends frames as the connection takes them: per channel at most one message waits, made when its turn comes. */
export class Outbox {
  readonly #waiting = new Map<number, () => unknown>();
  readonly #room: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(private readonly connection: LiveConnection) {}

  frame(frame: ServerFrame): void {
    if (!this.#closed) this.connection.send(JSON.stringify(frame));
  }

  /** Sends what `make` returns as soon as there is room, in place of what still waits on the channel. */
  latest(id: number, make: () => unknown): void {
    this.#waiting.set(id, make);
    this.#flush();
  }

  /** Sends now, and resolves when there is room for more. */
  async ordered(id: number, data: unknown): Promise<void> {
    this.frame({ type: 'data', id, data });
    if (this.#hasRoom()) return;
    await new Promise<void>((resolve) => {
      this.#room.push(resolve);
      this.#schedule();
    });
  }

  /** Drops what waits on the channel. */
  forget(id: number): void {
    this.#waiting.delete(id);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#waiting.clear();
    for (const resolve of this.#room.splice(0)) resolve();
  }

  #hasRoom(): boolean {
    return this.#closed || this.connection.pendingBytes() < HIGH_WATER;
  }

  #flush(): void {
    while (this.#waiting.size > 0 && this.#hasRoom()) {
      const [first] = this.#waiting;
      if (!first) break;
      const [id, make] = first;
      this.#waiting.delete(id);
      const data = make();
      if (data !== undefined) this.frame({ type: 'data', id, data });
    }
    while (this.#room.length > 0 && this.#hasRoom()) this.#room.shift()?.();
    if (this.#waiting.size > 0 || this.#room.length > 0) this.#schedule();
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
    }, RETRY_MS);
  }
}
