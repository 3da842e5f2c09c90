import type { z } from 'zod';
import { badRequest } from '../../shared/api/errors.ts';
import type { Status } from '../../shared/api/meta.ts';
import { CHANNELS, clientFrame, type ChannelName, type ClientFrame } from '../../shared/live/contract.ts';
import type { Logger } from '../../shared/logger.ts';
import type { ChannelOpener, ChannelOpeners, ChannelOutput } from './channel.ts';
import type { LiveConnection } from './connection.ts';
import { Outbox } from './outbox.ts';
import { statusOf } from './status-of.ts';

/** More than any page opens; a screen that opens more has lost its way. */
const MAX_CHANNELS = 200;
/** A pasted YAML of 5 million characters, with room for its JSON escapes. */
const MAX_FRAME = 12_000_000;

interface OpenChannel {
  abort: AbortController;
  /** Checks and takes what the screen sends into the channel. */
  input(data: unknown): void;
}

/** One screen: the only place where what it sends is checked, and the channels it has open. */
export class Session {
  readonly #channels = new Map<number, OpenChannel>();
  readonly #outbox: Outbox;
  #closed = false;

  constructor(
    private readonly connection: LiveConnection,
    private readonly openers: ChannelOpeners,
    private readonly log: Logger,
    private readonly onEnd: () => void,
  ) {
    this.#outbox = new Outbox(connection);
    connection.onFrame((text) => this.#receive(text));
    connection.onClose(() => this.#dispose());
  }

  close(): void {
    this.#dispose();
    this.connection.close();
  }

  #dispose(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const id of [...this.#channels.keys()]) this.#drop(id);
    this.#outbox.close();
    this.onEnd();
  }

  #receive(text: string): void {
    if (this.#closed) return;
    const frame = parseFrame(text);
    if (!frame) {
      this.log.warn({ bytes: text.length }, 'a screen sent what is no frame; its connection is closed');
      this.close();
      return;
    }
    switch (frame.type) {
      case 'ping':
        return this.#outbox.frame({ type: 'pong' });
      case 'close':
        return this.#drop(frame.id);
      case 'open':
        return this.#open(frame);
      case 'send':
        return this.#channels.get(frame.id)?.input(frame.data);
    }
  }

  #open({ id, channel, params }: Extract<ClientFrame, { type: 'open' }>): void {
    if (this.#channels.has(id)) return this.#end(id, badRequest(`channel ${id} is open already`).status);
    if (this.#channels.size >= MAX_CHANNELS)
      return this.#outbox.frame({ type: 'end', id, error: badRequest('too many open channels').status });
    if (!isChannel(channel))
      return this.#outbox.frame({ type: 'end', id, error: badRequest(`there is no channel "${channel}"`).status });
    const parsed = CHANNELS[channel].params.safeParse(params);
    if (!parsed.success) return this.#outbox.frame({ type: 'end', id, error: invalidInput(channel, parsed.error) });
    this.#start(id, channel, parsed.data);
  }

  #start(id: number, channel: ChannelName, params: unknown): void {
    const abort = new AbortController();
    const open: OpenChannel = { abort, input: () => undefined };
    this.#channels.set(id, open);
    const out: ChannelOutput<unknown> = {
      signal: abort.signal,
      latest: (make) => {
        if (!abort.signal.aborted) this.#outbox.latest(id, make);
      },
      send: async (message) => {
        if (!abort.signal.aborted) await this.#outbox.ordered(id, message);
      },
      end: (error) => this.#end(id, error, abort),
    };
    try {
      // The name and the checked parameters belong together; the map's type says so, a union of names cannot.
      const opener = this.openers[channel] as unknown as ChannelOpener<ChannelName>;
      const result = opener(params as never, out as never);
      if (typeof result === 'function') {
        open.input = (data) => this.#input(id, channel, data, result as (input: unknown) => void);
      } else void result?.catch((error: unknown) => out.end(statusOf(error)));
    } catch (error) {
      out.end(statusOf(error));
    }
  }

  #input(id: number, channel: ChannelName, data: unknown, take: (input: unknown) => void): void {
    const parsed = CHANNELS[channel].input.safeParse(data);
    if (parsed.success) take(parsed.data);
    else this.#end(id, invalidInput(channel, parsed.error));
  }

  /** Ends a channel and says so; nothing when it is over already. */
  #end(id: number, error: Status | undefined, own?: AbortController): void {
    const open = this.#channels.get(id);
    if (!open || (own && open.abort !== own)) return;
    this.#drop(id);
    this.#outbox.frame({ type: 'end', id, ...(error ? { error } : {}) });
  }

  #drop(id: number): void {
    const open = this.#channels.get(id);
    this.#channels.delete(id);
    this.#outbox.forget(id);
    open?.abort.abort();
  }
}

function parseFrame(text: string): ClientFrame | undefined {
  if (text.length > MAX_FRAME) return undefined;
  try {
    return clientFrame.parse(JSON.parse(text));
  } catch {
    // Neither our screen nor anyone with business here: the caller closes the connection.
    return undefined;
  }
}

const isChannel = (name: string): name is ChannelName => Object.hasOwn(CHANNELS, name);

function invalidInput(channel: string, error: z.ZodError): Status {
  const [issue] = error.issues;
  const where = issue?.path.length ? ` at ${issue.path.join('.')}` : '';
  return badRequest(`invalid input for "${channel}"${where}: ${issue?.message ?? 'unknown'}`).status;
}
