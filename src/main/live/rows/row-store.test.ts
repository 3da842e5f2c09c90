import { expect, test } from 'vitest';
import { PODS, type Pod } from '../../../shared/api/kinds.ts';
import { ApiClient } from '../../../shared/client/api-client.ts';
import { Informer } from '../../../shared/client/informer.ts';
import type { Transport } from '../../../shared/client/transport.ts';
import { MemoryApi } from '../../../shared/testing/memory-api.ts';
import { waitFor } from '../../../shared/testing/wait-for.ts';
import type { EntryChange } from './entry.ts';
import { ROW_KINDS } from './row-kinds.ts';
import { RowStore } from './row-store.ts';

/** Pods of an API whose watches can be cut. */
function setUp() {
  const api = new MemoryApi();
  let cut: (() => void) | undefined;
  const transport: Transport = {
    request: (request) => api.request(request),
    async *watch<T>(request: Parameters<Transport['watch']>[0]) {
      const lost = new Promise<never>((_resolve, reject) => (cut = () => reject(new Error('the connection was lost'))));
      const events = api.watch<T>(request)[Symbol.asyncIterator]();
      for (;;) {
        const next = await Promise.race([events.next(), lost]);
        if (next.done) return;
        yield next.value;
      }
    },
    stream: () => api.stream(),
  };
  const client = new ApiClient(transport, 'test');
  const informer = new Informer(client, PODS);
  const clock = { time: Date.parse('2026-01-01T00:00:00Z'), now: () => clock.time };
  const store = new RowStore(ROW_KINDS.pods, informer, clock, (row) => row);
  const create = (name: string): Promise<Pod> => client.create(PODS, { metadata: { name, namespace: 'a' } } as Pod);
  const stop = (): void => {
    store.close();
    informer.stop();
  };
  return { client, store, clock, create, cut: () => cut?.(), stop };
}

test('many changes are told as few batches, with what was there before', async () => {
  const { client, store, create, stop } = setUp();
  await create('x');
  await waitFor('the first pod', () => store.entries().size === 1);
  const batches: (readonly EntryChange[])[] = [];
  store.listen((changes) => batches.push(changes));
  await client.patch(PODS, { name: 'x', namespace: 'a' }, { metadata: { labels: { a: '1' } } });
  await client.patch(PODS, { name: 'x', namespace: 'a' }, { metadata: { labels: { a: '2' } } });
  await Promise.all(Array.from({ length: 50 }, (_, index) => create(`p${index}`)));
  await waitFor('the rest', () => store.entries().size === 51 && batches.flat().length >= 51);
  expect(batches.length).toBeLessThan(10);
  const [first] = batches.flat().filter(({ before }) => before !== undefined);
  expect([first?.before?.key, first?.after?.key]).toEqual(['a/x', 'a/x']);
  stop();
});

test('a lost watch makes the rows stale as of then, and says so', async () => {
  const { store, clock, create, cut, stop } = setUp();
  expect(store.state).toBe('loading');
  await create('x');
  await waitFor('the rows', () => store.state === 'live' && store.entries().size === 1);
  let told = 0;
  store.listen(() => told++);
  clock.time += 5_000;
  cut();
  await waitFor('the state', () => store.state === 'stale');
  clock.time += 60_000;
  expect(store.asOf).toBe('2026-01-01T00:00:05.000Z');
  await waitFor('the word', () => told > 0);
  expect(store.entries().size).toBe(1);
  stop();
});
