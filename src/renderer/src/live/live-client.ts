import { ApiError, serviceUnavailable } from '../../../shared/api/errors.ts';
import type {
  ChannelInput,
  ChannelMessages,
  ChannelName,
  ChannelParams,
  ServerFrame,
} from '../../../shared/live/contract.ts';
import type { Connect, FrameConnection } from './connection.ts';

/** `connecting` until the first connection stands, `live` while one does, `stale` between two. */
export type LinkState = 'connecting' | 'live' | 'stale';

export interface ChannelHandlers<C extends ChannelName> {
  onMessage: (message: ChannelMessages[C]) => void;
  /** The channel is over: without an error when it ended by itself. Not called after `close`. */
  onEnd?: (error?: ApiError) => void;
}

export interface OpenChannel<C extends ChannelName> {
  send(input: ChannelInput<C>): void;
  close(): void;
}

/** Timers of the client; tests pass their own. */
export interface LiveTimers {
  now(): number;
  set(callback: () => void, ms: number): unknown;
  clear(handle: unknown): void;
}

export interface LiveOptions {
  timers: LiveTimers;
  /** Random in 0..1, for the jitter of reconnecting. */
  random: () => number;
}

/** One ping a second keeps the age of the data honest: with nothing changing, silence and a dead link look alike. */
const PING_MS = 1000;
/** Silence after which the link is given up: above any pause of a busy main process, below a person's patience. */
const SILENCE_MS = 15_000;
const BACKOFF_MS = { first: 250, most: 10_000 };

interface Channel {
  id: number;
  name: ChannelName;
  params: unknown;
  /** Follows something: opened again, with its newest parameters, when the link is back. Others end with the link. */
  durable: boolean;
  onMessage: (message: unknown) => void;
  onEnd: (error?: ApiError) => void;
}

const DURABLE: ReadonlySet<ChannelName> = new Set(['rows', 'object', 'events', 'metrics', 'overview', 'info']);

/**
 * All channels of this window over one connection. Keeps the connection up (ping, back-off with jitter), opens what
 * follows something again by itself, and ends what does not (a request, a log, a terminal) with ServiceUnavailable.
 */
export class LiveClient {
  #connection: FrameConnection | null = null;
  #open = false;
  #stopped = false;
  #nextId = 1;
  #attempt = 0;
  #timer: unknown;
  readonly #channels = new Map<number, Channel>();
  readonly #listeners = new Set<() => void>();
  #state: LinkState = 'connecting';
  #heardAt: number;

  constructor(
    readonly connect: Connect,
    readonly options: LiveOptions,
  ) {
    this.#heardAt = options.timers.now();
  }

  get state(): LinkState {
    return this.#state;
  }

  /** When the other side was last heard, ms since the epoch. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Calls back when `state` has changed; returns the function that ends it. */
  onDidChangeState(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    this.#stopped = false;
    this.#dial();
  }

  stop(): void {
    this.#stopped = true;
    this.options.timers.clear(this.#timer);
    this.#connection?.close();
  }

  /** Opens a channel. What follows something may be opened at any time; a one-shot needs the link and fails at once without it. */
  open<C extends ChannelName>(name: C, params: ChannelParams<C>, handlers: ChannelHandlers<C>): OpenChannel<C> {
    const channel: Channel = {
      id: this.#nextId++,
      name,
      params,
      durable: DURABLE.has(name),
      onMessage: (message) => handlers.onMessage(message as ChannelMessages[C]),
      onEnd: (error) => handlers.onEnd?.(error),
    };
    if (!this.#open && !channel.durable && this.#state === 'stale') {
      queueMicrotask(() => channel.onEnd(serviceUnavailable('there is no connection to the control plane')));
      return { send: () => undefined, close: () => undefined };
    }
    this.#channels.set(channel.id, channel);
    if (this.#open) this.#sendOpen(channel);
    return {
      send: (input) => {
        if (!this.#channels.has(channel.id)) return;
        if (name === 'rows') channel.params = input;
        if (this.#open) this.#connection?.send({ type: 'send', id: channel.id, data: input });
      },
      close: () => {
        if (this.#channels.delete(channel.id) && this.#open) this.#connection?.send({ type: 'close', id: channel.id });
      },
    };
  }

  #sendOpen(channel: Channel): void {
    this.#connection?.send({ type: 'open', id: channel.id, channel: channel.name, params: channel.params });
  }

  #dial(): void {
    let ended = false;
    const connection = this.connect({
      onOpen: () => {
        if (ended) return;
        this.#open = true;
        this.#attempt = 0;
        this.#heard();
        this.#setState('live');
        for (const channel of this.#channels.values()) this.#sendOpen(channel);
        this.#ping();
      },
      onFrame: (frame) => {
        if (!ended) this.#receive(frame);
      },
      onClose: () => {
        if (ended) return;
        ended = true;
        this.#lost();
      },
    });
    this.#connection = connection;
  }

  #receive(frame: ServerFrame): void {
    this.#heard();
    if (frame.type === 'pong') return;
    const channel = this.#channels.get(frame.id);
    // Frames of a channel we have closed may still be on their way.
    if (!channel) return;
    if (frame.type === 'data') channel.onMessage(frame.data);
    else {
      this.#channels.delete(frame.id);
      channel.onEnd(frame.error ? ApiError.fromStatus(frame.error) : undefined);
    }
  }

  #heard(): void {
    this.#heardAt = this.options.timers.now();
  }

  #ping(): void {
    this.#timer = this.options.timers.set(() => {
      if (this.options.timers.now() - this.#heardAt > SILENCE_MS) this.#connection?.close();
      else {
        this.#connection?.send({ type: 'ping' });
        this.#ping();
      }
    }, PING_MS);
  }

  #lost(): void {
    this.#open = false;
    this.#connection = null;
    this.options.timers.clear(this.#timer);
    if (this.#stopped) return;
    this.#setState(this.#state === 'connecting' ? 'connecting' : 'stale');
    for (const channel of [...this.#channels.values()])
      if (!channel.durable && this.#state === 'stale') {
        this.#channels.delete(channel.id);
        channel.onEnd(serviceUnavailable('the connection to the control plane was lost before the answer came'));
      }
    const ceiling = Math.min(BACKOFF_MS.most, BACKOFF_MS.first * 2 ** this.#attempt++);
    this.#timer = this.options.timers.set(() => this.#dial(), ceiling * (0.5 + this.options.random() / 2));
  }

  #setState(state: LinkState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
