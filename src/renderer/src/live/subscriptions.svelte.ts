import type { ApiError } from '../../../shared/api/errors.ts';
import type {
  ChannelMessages,
  ChannelName,
  ChannelParams,
  InfoMessage,
  LiveState,
  MetricsMessage,
  MetricsSeries,
  ObjectMessage,
  OverviewMessage,
  RowsMessage,
  RowsParams,
} from '../../../shared/live/contract.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import type { RowOf, RowResource } from '../../../shared/view/rows.ts';
import { mergeSeries } from './merge-series.ts';
import type { OpenChannel } from './live-client.ts';
import type { Link } from './link.svelte.ts';

/**
 * Subscriptions as Svelte state: `message` is replaced whole with each one that comes. Whoever makes one closes it;
 * `follow.svelte.ts` does that for components.
 */
abstract class Subscription<C extends ChannelName, M> {
  message = $state.raw<M | null>(null);
  /** Why the channel ended; a new subscription is needed to try again. */
  error = $state.raw<ApiError | null>(null);
  protected readonly channel: OpenChannel<C>;
  readonly #reporter: ReturnType<Link['reporter']>;

  protected constructor(link: Link, name: C, params: ChannelParams<C>) {
    this.#reporter = link.reporter();
    this.channel = link.client.open(name, params, {
      onMessage: (message) => {
        this.message = this.take(message);
        if (hasFreshness(message)) this.#reporter.report(message);
      },
      onEnd: (error) => {
        this.error = error ?? null;
        this.#reporter.end();
      },
    });
  }

  protected abstract take(message: ChannelMessages[C]): M;

  close(): void {
    this.#reporter.end();
    this.channel.close();
  }
}

function hasFreshness(message: unknown): message is { state: LiveState; asOf: string } {
  return typeof message === 'object' && message !== null && 'state' in message && 'asOf' in message;
}

/** A window of rows. `update` moves the window, or changes search, facets and sort, over the same channel. */
export class RowsSubscription<R extends RowResource> extends Subscription<'rows', RowsMessage> {
  #params: RowsParams;

  constructor(link: Link, params: RowsParams & { resource: R }) {
    super(link, 'rows', params);
    this.#params = params;
  }

  get rows(): RowOf<R>[] {
    return (this.message?.rows ?? []) as RowOf<R>[];
  }

  get total(): number {
    return this.message?.total ?? 0;
  }

  update(params: RowsParams): void {
    if (JSON.stringify(params) === JSON.stringify(this.#params)) return;
    this.#params = params;
    this.channel.send(params);
  }

  protected override take(message: RowsMessage): RowsMessage {
    return message;
  }
}

/** One whole object, and its row. `object` is null while it does not exist. */
export class ObjectSubscription<T extends KubeObject, R extends RowResource> extends Subscription<
  'object',
  ObjectMessage
> {
  constructor(link: Link, params: ChannelParams<'object'> & { resource: R }) {
    super(link, 'object', params);
  }

  get object(): T | null {
    return (this.message?.object ?? null) as T | null;
  }

  get row(): RowOf<R> | null {
    return (this.message?.row ?? null) as RowOf<R> | null;
  }

  /** It was looked for, and is not there. */
  get absent(): boolean {
    return this.message !== null && this.message.object === null && this.message.state !== 'loading';
  }

  protected override take(message: ObjectMessage): ObjectMessage {
    return message;
  }
}

/** Events about one object, newest first. */
export class EventsSubscription extends Subscription<'events', RowsMessage> {
  constructor(link: Link, params: ChannelParams<'events'>) {
    super(link, 'events', params);
  }

  get rows(): RowOf<'events'>[] {
    return (this.message?.rows ?? []) as RowOf<'events'>[];
  }

  protected override take(message: RowsMessage): RowsMessage {
    return message;
  }
}

/** CPU and memory over the last `windowMs`. */
export class MetricsSubscription extends Subscription<'metrics', MetricsSeries[]> {
  constructor(link: Link, params: ChannelParams<'metrics'>) {
    super(link, 'metrics', params);
  }

  get series(): MetricsSeries[] {
    return this.message ?? [];
  }

  protected override take(message: MetricsMessage): MetricsSeries[] {
    return mergeSeries(message.reset ? [] : this.series, message.series);
  }
}

export class OverviewSubscription extends Subscription<'overview', OverviewMessage> {
  constructor(link: Link) {
    super(link, 'overview', {});
  }

  protected override take(message: OverviewMessage): OverviewMessage {
    return message;
  }
}

export class InfoSubscription extends Subscription<'info', InfoMessage> {
  constructor(link: Link) {
    super(link, 'info', {});
  }

  protected override take(message: InfoMessage): InfoMessage {
    return message;
  }
}
