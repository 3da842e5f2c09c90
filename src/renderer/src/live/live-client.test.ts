import { describe, expect, test } from 'vitest';
import type { ApiError } from '../../../shared/api/errors.ts';
import type { RowsParams } from '../../../shared/live/contract.ts';
import { LiveClient } from './live-client.ts';
import { ManualTimers, MemoryServer } from './memory-connection.ts';

const params: RowsParams = {
  resource: 'pods',
  namespace: '',
  search: '',
  facets: {},
  sort: { field: 'name', descending: false },
  offset: 0,
  limit: 50,
};

function setUp(): { server: MemoryServer; timers: ManualTimers; client: LiveClient } {
  const server = new MemoryServer();
  const timers = new ManualTimers();
  const client = new LiveClient(server.connect, { timers, random: () => 1 });
  client.start();
  return { server, timers, client };
}

describe('the live client', () => {
  test('opens what was asked for before the connection stood', () => {
    const { server, client } = setUp();
    client.open('rows', params, { onMessage: () => undefined });
    expect(server.received).toEqual([]);
    server.accept();
    expect(server.received).toEqual([{ type: 'open', id: 1, channel: 'rows', params }]);
    expect(client.state).toBe('live');
  });

  test('hands each message to its own channel and none to a closed one', () => {
    const { server, client } = setUp();
    server.accept();
    const seen: unknown[] = [];
    const one = client.open('overview', {}, { onMessage: (message) => seen.push(['one', message]) });
    const id = server.idOf('overview');
    client.open('info', {}, { onMessage: (message) => seen.push(['two', message]) });
    server.send({ type: 'data', id, data: 1 });
    server.data('info', 2);
    one.close();
    server.send({ type: 'data', id, data: 3 });
    expect(seen).toEqual([
      ['one', 1],
      ['two', 2],
    ]);
    expect(server.received.at(-1)).toEqual({ type: 'close', id });
  });

  test('after a lost connection, subscriptions come back with their newest parameters', () => {
    const { server, timers, client } = setUp();
    server.accept();
    const rows = client.open('rows', params, { onMessage: () => undefined });
    rows.send({ ...params, offset: 400 });
    server.drop();
    expect(client.state).toBe('stale');
    timers.advance(250);
    server.accept();
    expect(client.state).toBe('live');
    expect(server.received).toEqual([{ type: 'open', id: 1, channel: 'rows', params: { ...params, offset: 400 } }]);
  });

  test('a request that was under way fails when the connection is lost, and one without a connection at once', async () => {
    const { server, client } = setUp();
    server.accept();
    const errors: (ApiError | undefined)[] = [];
    const request = { method: 'GET', path: '/api/v1/pods' } as const;
    client.open('api', request, { onMessage: () => undefined, onEnd: (error) => errors.push(error) });
    server.drop();
    client.open('api', request, { onMessage: () => undefined, onEnd: (error) => errors.push(error) });
    await Promise.resolve();
    expect(errors.map((error) => error?.reason)).toEqual(['ServiceUnavailable', 'ServiceUnavailable']);
    expect(errors[0]?.message).not.toBe(errors[1]?.message);
  });

  test('waits longer before each further attempt, up to ten seconds', () => {
    const { server, timers, client } = setUp();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 8; attempt++) {
      server.drop();
      const dials = server.dials;
      let waited = 0;
      while (server.dials === dials) {
        timers.advance(250);
        waited += 250;
      }
      waits.push(waited);
    }
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
    expect(client.state).toBe('connecting');
  });

  test('gives up a link that is silent for fifteen seconds, and keeps one that answers pings', () => {
    const { server, timers, client } = setUp();
    server.accept();
    for (let second = 0; second < 30; second++) {
      timers.advance(1000);
      server.send({ type: 'pong' });
    }
    expect(client.state).toBe('live');
    expect(client.heardAt).toBe(30_000);
    timers.advance(17_000);
    expect(client.state).toBe('stale');
  });

  test('an error that ends a channel is an ApiError with its reason', () => {
    const { server, client } = setUp();
    server.accept();
    let ended: ApiError | undefined;
    client.open(
      'object',
      { resource: 'pods', namespace: 'web', name: 'x' },
      {
        onMessage: () => undefined,
        onEnd: (error) => (ended = error),
      },
    );
    server.send({
      type: 'end',
      id: server.idOf('object'),
      error: { status: 'Failure', code: 403, reason: 'Forbidden', message: 'no' },
    });
    expect([ended?.code, ended?.reason, ended?.message]).toEqual([403, 'Forbidden', 'no']);
  });
});
