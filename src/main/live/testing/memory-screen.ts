import type {
  ChannelInput,
  ChannelMessages,
  ChannelName,
  ChannelParams,
  ClientFrame,
  ServerFrame,
} from '../../../shared/live/contract.ts';
import type { Status } from '../../../shared/api/meta.ts';
import { waitFor } from '../../../shared/testing/wait-for.ts';
import type { LiveConnection } from '../connection.ts';

/** A screen in memory: frames go through JSON text, as over any wire. */
export class MemoryScreen {
  readonly connection: LiveConnection;
  readonly received: ServerFrame[] = [];
  /** What the wire is said to hold back. */
  unsentBytes = 0;
  closed = false;
  #toServer: (frame: string) => void = () => undefined;
  #onClose: () => void = () => undefined;
  #nextId = 1;

  constructor() {
    this.connection = {
      send: (frame) => void this.received.push(JSON.parse(frame) as ServerFrame),
      pendingBytes: () => this.unsentBytes,
      onFrame: (listener) => void (this.#toServer = listener),
      onClose: (listener) => void (this.#onClose = listener),
      close: () => void (this.closed = true),
    };
  }

  raw(frame: string): void {
    this.#toServer(frame);
  }

  frame(frame: ClientFrame): void {
    this.raw(JSON.stringify(frame));
  }

  /** The connection goes away. */
  hangUp(): void {
    this.#onClose();
  }

  open<C extends ChannelName>(channel: C, params: ChannelParams<C>): MemoryChannel<C> {
    const id = this.#nextId++;
    this.frame({ type: 'open', id, channel, params });
    return new MemoryChannel<C>(this, id);
  }
}

/** One channel as the screen sees it. */
export class MemoryChannel<C extends ChannelName> {
  constructor(
    private readonly screen: MemoryScreen,
    readonly id: number,
  ) {}

  get messages(): ChannelMessages[C][] {
    return this.screen.received.flatMap((frame) =>
      frame.type === 'data' && frame.id === this.id ? [frame.data as ChannelMessages[C]] : [],
    );
  }

  get end(): { error?: Status } | undefined {
    return this.screen.received.find((frame) => frame.type === 'end' && frame.id === this.id) as
      { error?: Status } | undefined;
  }

  send(data: ChannelInput<C>): void {
    this.screen.frame({ type: 'send', id: this.id, data });
  }

  close(): void {
    this.screen.frame({ type: 'close', id: this.id });
  }

  /** The first message, from `from` on, that fits. */
  until(what: string, fits: (message: ChannelMessages[C]) => boolean, from = 0): Promise<ChannelMessages[C]> {
    return waitFor(what, () => this.messages.slice(from).find(fits));
  }

  async ended(): Promise<{ error?: Status }> {
    return waitFor('the channel to end', () => this.end);
  }
}
