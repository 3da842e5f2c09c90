import { flushSync } from 'svelte';
import { describe, expect, test } from 'vitest';
import type { RowsMessage, RowsParams } from '../../../shared/live/contract.ts';
import { followRows } from './follow.svelte.ts';
import { Link } from './link.svelte.ts';
import { LiveClient } from './live-client.ts';
import { ManualTimers, MemoryServer } from './memory-connection.ts';
import { ask, request } from './request.ts';
import { RowsSubscription } from './subscriptions.svelte.ts';
import { effectRoot } from './effect-root.svelte.ts';

const params: RowsParams & { resource: 'pods' } = {
  resource: 'pods',
  namespace: '',
  search: '',
  facets: {},
  sort: { field: 'name', descending: false },
  offset: 0,
  limit: 50,
};
const message = (more: Partial<RowsMessage> = {}): RowsMessage => ({
  total: 0,
  unfiltered: 0,
  offset: 0,
  rows: [],
  state: 'live',
  asOf: '1970-01-01T00:00:00.000Z',
  facets: {},
  ...more,
});

function setUp(): { server: MemoryServer; timers: ManualTimers; link: Link } {
  const server = new MemoryServer();
  const timers = new ManualTimers();
  const client = new LiveClient(server.connect, { timers, random: () => 1 });
  client.start();
  server.accept();
  return { server, timers, link: new Link(client) };
}

describe('a rows subscription', () => {
  test('has the newest message and moves its window over one channel', () => {
    const { server, link } = setUp();
    const rows = new RowsSubscription(link, params);
    server.data('rows', message({ total: 7 }));
    expect(rows.total).toBe(7);
    rows.update({ ...params });
    rows.update({ ...params, offset: 100 });
    expect(server.received.filter((frame) => frame.type === 'send')).toEqual([
      { type: 'send', id: 1, data: { ...params, offset: 100 } },
    ]);
  });

  test('follows what a component reads, and closes with it', () => {
    const { server, link } = setUp();
    const root = effectRoot({ search: 'a' }, (state) => followRows(link, () => ({ ...params, search: state.search })));
    expect(server.received).toEqual([{ type: 'open', id: 1, channel: 'rows', params: { ...params, search: 'a' } }]);
    root.state.search = 'b';
    flushSync();
    expect(server.received.at(-1)).toEqual({ type: 'send', id: 1, data: { ...params, search: 'b' } });
    root.destroy();
    expect(server.received.at(-1)).toEqual({ type: 'close', id: 1 });
  });
});

describe('the age of the page', () => {
  test('is stale while a watch behind it is stale, as of then', () => {
    const { server, link } = setUp();
    const rows = new RowsSubscription(link, params);
    server.data('rows', message());
    expect(link.state).toBe('live');
    server.data('rows', message({ state: 'stale', asOf: '1970-01-01T00:00:00.000Z' }));
    expect([link.state, link.asOf]).toEqual(['stale', 0]);
    rows.close();
    expect(link.state).toBe('live');
  });

  test('is stale while the connection is down', () => {
    const { server, link } = setUp();
    server.drop();
    expect(link.state).toBe('stale');
  });
});

describe('a request', () => {
  test('resolves with the value, and leaves out query parameters without one', async () => {
    const { server, link } = setUp();
    const asked = request(link.client, {
      method: 'GET',
      path: '/api/v1/pods',
      query: { limit: '5', continue: undefined },
    });
    expect(server.received).toEqual([
      { type: 'open', id: 1, channel: 'api', params: { method: 'GET', path: '/api/v1/pods', query: { limit: '5' } } },
    ]);
    server.data('api', { ok: true, value: { items: [] } });
    await expect(asked).resolves.toEqual({ items: [] });
  });

  test('rejects with the API error', async () => {
    const { server, link } = setUp();
    const asked = request(link.client, { method: 'GET', path: '/api/v1/pods' });
    server.data('api', { ok: false, status: { status: 'Failure', code: 403, reason: 'Forbidden', message: 'no' } });
    await expect(asked).rejects.toMatchObject({ name: 'ApiError', code: 403, reason: 'Forbidden' });
  });

  test('that is aborted closes its channel', async () => {
    const { server, link } = setUp();
    const abort = new AbortController();
    const asked = ask(link.client, 'simulate', { count: 1 }, abort.signal);
    abort.abort(new Error('left the page'));
    await expect(asked).rejects.toThrow('left the page');
    expect(server.received.at(-1)).toEqual({ type: 'close', id: 1 });
  });
});
