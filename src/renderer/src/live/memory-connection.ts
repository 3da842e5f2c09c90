import type { ClientFrame, ServerFrame } from '../../../shared/live/contract.ts';
import type { Connect, ConnectionHandlers } from './connection.ts';
import type { LiveTimers } from './live-client.ts';

/** The other end of a connection in memory, in the hands of a test. */
export class MemoryServer {
  /** What the screen sent over the connection that stands now. */
  received: ClientFrame[] = [];
  dials = 0;
  #handlers: ConnectionHandlers | null = null;

  readonly connect: Connect = (handlers) => {
    this.dials++;
    this.received = [];
    this.#handlers = handlers;
    return {
      send: (frame) => {
        this.received.push(structuredClone(frame));
      },
      close: () => this.drop(),
    };
  };

  accept(): void {
    this.#handlers?.onOpen();
  }

  drop(): void {
    const handlers = this.#handlers;
    this.#handlers = null;
    handlers?.onClose('dropped');
  }

  send(frame: ServerFrame): void {
    this.#handlers?.onFrame(frame);
  }

  /** Id of the channel that was opened last under this name. */
  idOf(channel: string): number {
    const open = this.received.filter((frame) => frame.type === 'open' && frame.channel === channel).at(-1);
    if (open?.type !== 'open') throw new Error(`no ${channel} channel was opened`);
    return open.id;
  }

  data(channel: string, data: unknown): void {
    this.send({ type: 'data', id: this.idOf(channel), data });
  }
}

/** Time that moves when a test says so. */
export class ManualTimers implements LiveTimers {
  #now = 0;
  #nextHandle = 1;
  readonly #due = new Map<number, { at: number; callback: () => void }>();

  now(): number {
    return this.#now;
  }

  set(callback: () => void, ms: number): unknown {
    const handle = this.#nextHandle++;
    this.#due.set(handle, { at: this.#now + ms, callback });
    return handle;
  }

  clear(handle: unknown): void {
    if (typeof handle === 'number') this.#due.delete(handle);
  }

  /** Moves on, running what falls due in order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = [...this.#due].filter(([, due]) => due.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (!next) break;
      this.#due.delete(next[0]);
      this.#now = next[1].at;
      next[1].callback();
    }
    this.#now = end;
  }
}
