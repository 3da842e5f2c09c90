import type { ChannelInput, ChannelMessages, ChannelName, ChannelParams } from '../../shared/live/contract.ts';
import type { Status } from '../../shared/api/meta.ts';

/** The server's side of one open channel. */
export interface ChannelOutput<M> {
  /**
   * For what has only a newest state: at most one message waits, and a newer one takes its place. `make` is called
   * when there is room on the connection; undefined sends nothing.
   */
  latest(make: () => M | undefined): void;
  /** For what must arrive whole: in order. Resolves when there is room for more; stop sending until then. */
  send(message: M): Promise<void>;
  end(error?: Status): void;
  /** Aborts when the channel is over, whoever ended it. */
  readonly signal: AbortSignal;
}

/** What a channel does with what the screen sends into it. */
export type ChannelInputHandler<C extends ChannelName> = (input: ChannelInput<C>) => void;

/**
 * Begins a channel. What it throws or rejects with ends the channel with a Status. Returns how to take input, when the
 * channel takes any.
 */
export type ChannelOpener<C extends ChannelName> = (
  params: ChannelParams<C>,
  out: ChannelOutput<ChannelMessages[C]>,
) => ChannelInputHandler<C> | Promise<void> | undefined;

export type ChannelOpeners = { [C in ChannelName]: ChannelOpener<C> };
