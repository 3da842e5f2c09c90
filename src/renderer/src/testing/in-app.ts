import { render } from '@testing-library/svelte';
import { flushSync, type Component } from 'svelte';
import type { ApiMessage, ApiParams, ChannelName, ClientFrame } from '../../../shared/live/contract.ts';
import type { App } from '../frame/app.ts';
import { createApp } from '../frame/create-app.ts';
import { MemoryServer } from '../live/memory-connection.ts';
import { fillBrowserGaps } from './browser-gaps.ts';
import InApp from './InApp.svelte';

type Opened = Extract<ClientFrame, { type: 'open' }>;

/** A view in a whole app, and the other end of its connection in the hands of the test. */
export class InAppTest {
  constructor(
    readonly app: App,
    readonly server: MemoryServer,
  ) {}

  /** Channels of a name that were opened, in order; with `has`, only those whose parameters include it. */
  opened(channel: ChannelName, has: Record<string, unknown> = {}): Opened[] {
    return this.server.received.filter(
      (frame): frame is Opened =>
        frame.type === 'open' &&
        frame.channel === channel &&
        Object.entries(has).every(([key, value]) => (frame.params as Record<string, unknown>)[key] === value),
    );
  }

  /** Sends to the newest such channel. */
  send(channel: ChannelName, has: Record<string, unknown>, data: unknown): void {
    const frame = this.opened(channel, has).at(-1);
    if (!frame) throw new Error(`no ${channel} channel with ${JSON.stringify(has)} was opened`);
    this.server.send({ type: 'data', id: frame.id, data });
    flushSync();
  }

  /** The requests that were made, without bookkeeping. */
  requests(): ApiParams[] {
    return this.opened('api').map((frame) => frame.params as ApiParams);
  }

  /** Answers the newest request of that kind. */
  answer(method: ApiParams['method'], path: string, answer: ApiMessage): void {
    const frame = this.opened('api', { method, path }).at(-1);
    if (!frame) throw new Error(`no ${method} ${path} among ${JSON.stringify(this.requests())}`);
    this.server.send({ type: 'data', id: frame.id, data: answer });
    flushSync();
  }
}

/** Renders a view as the frame does, over a connection that stands. */
export function renderInApp<P extends Record<string, unknown>>(view: Component<P>, properties: P): InAppTest {
  fillBrowserGaps();
  const server = new MemoryServer();
  const app = createApp(server.connect, window);
  app.live.start();
  server.accept();
  render(InApp, {
    app,
    view: view as unknown as Component<Record<string, unknown>>,
    properties,
  });
  flushSync();
  return new InAppTest(app, server);
}
