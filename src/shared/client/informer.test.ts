import { describe, expect, test } from 'vitest';
import { ApiError, expired } from '../api/errors.ts';
import { CONFIG_MAPS, type ConfigMap } from '../api/kinds.ts';
import type { WatchEvent } from '../api/meta.ts';
import { MemoryApi } from '../testing/memory-api.ts';
import { waitFor } from '../testing/wait-for.ts';
import { ApiClient } from './api-client.ts';
import { Informer, type Change } from './informer.ts';
import type { Transport } from './transport.ts';

const aMap = (name: string, data: Record<string, string> = {}): ConfigMap => ({
  metadata: { name, namespace: 'default' },
  data,
});

function setUp(): { client: ApiClient; informer: Informer<ConfigMap>; changes: string[] } {
  const client = new ApiClient(new MemoryApi(), 'test');
  const informer = new Informer(client, CONFIG_MAPS);
  const changes: string[] = [];
  informer.onDidChange((change) => changes.push(`${change.type} ${change.object.metadata?.name ?? ''}`));
  return { client, informer, changes };
}

describe('Informer', () => {
  test('lists, then follows every change in order', async () => {
    const { client, informer, changes } = setUp();
    await client.create(CONFIG_MAPS, aMap('a'));
    await informer.start();
    await client.create(CONFIG_MAPS, aMap('b'));
    await client.patch(CONFIG_MAPS, { name: 'a', namespace: 'default' }, { data: { x: '1' } });
    await client.delete(CONFIG_MAPS, { name: 'b', namespace: 'default' });
    await waitFor('four changes', () => changes.length === 4);
    expect(changes).toEqual(['added a', 'added b', 'updated a', 'deleted b']);
    expect(informer.get('default/a')?.data).toEqual({ x: '1' });
    informer.stop();
  });

  test('replays what it knows to a handler that asks for it', async () => {
    const { client, informer } = setUp();
    await client.create(CONFIG_MAPS, aMap('a'));
    await informer.start();
    const seen: Change<ConfigMap>['type'][] = [];
    informer.onDidChange((change) => seen.push(change.type), { replay: true });
    expect(seen).toEqual(['added']);
    informer.stop();
  });

  test('keeps an index added late, through updates and deletes', async () => {
    const { client, informer, changes } = setUp();
    await client.create(CONFIG_MAPS, aMap('a', { team: 'red' }));
    await informer.start();
    informer.addIndex('team', (map) => (map.data?.['team'] ? [map.data['team']] : []));
    expect(informer.byIndex('team', 'red').map((map) => map.metadata?.name)).toEqual(['a']);
    await client.patch(CONFIG_MAPS, { name: 'a', namespace: 'default' }, { data: { team: 'blue' } });
    await waitFor('the update', () => changes.includes('updated a'));
    expect([informer.byIndex('team', 'red').length, informer.byIndex('team', 'blue').length]).toEqual([0, 1]);
    await client.delete(CONFIG_MAPS, { name: 'a', namespace: 'default' });
    await waitFor('the delete', () => changes.includes('deleted a'));
    expect(informer.byIndex('team', 'blue')).toEqual([]);
    informer.stop();
  });

  test('a handler that throws costs neither the others nor later changes', async () => {
    const errors: unknown[] = [];
    const client = new ApiClient(new MemoryApi(), 'test');
    const informer = new Informer(client, CONFIG_MAPS, { onError: (error) => errors.push(error) });
    const seen: string[] = [];
    informer.onDidChange(() => {
      throw new Error('broken handler');
    });
    informer.onDidChange((change) => seen.push(change.type));
    await informer.start();
    await client.create(CONFIG_MAPS, aMap('a'));
    await client.delete(CONFIG_MAPS, { name: 'a', namespace: 'default' });
    await waitFor('both changes', () => seen.length === 2);
    expect(seen).toEqual(['added', 'deleted']);
    expect(errors).toHaveLength(2);
    informer.stop();
  });

  test('lists again when its revision is gone, and reports an object replaced meanwhile as deleted and added', async () => {
    const lists = [
      [{ metadata: { name: 'a', namespace: 'default', uid: '1', resourceVersion: '1' } }],
      [{ metadata: { name: 'a', namespace: 'default', uid: '2', resourceVersion: '9' } }],
    ];
    let watches = 0;
    const informer = new Informer(
      new ApiClient(
        scripted(lists, () => (watches += 1) === 1),
        'test',
      ),
      CONFIG_MAPS,
    );
    const seen: string[] = [];
    informer.onDidChange((change) => seen.push(`${change.type} ${change.object.metadata?.uid ?? ''}`));
    await informer.start();
    await waitFor('the second list', () => seen.length === 3);
    expect(seen).toEqual(['added 1', 'deleted 1', 'added 2']);
    await waitFor('live', () => informer.state === 'live');
    informer.stop();
  });
});

/** Answers the lists one after another; a watch for which `fail` says so begins with 410 Gone. */
function scripted(lists: ConfigMap[][], fail: () => boolean): Transport {
  let next = 0;
  return {
    request: <T>() =>
      Promise.resolve({ metadata: { resourceVersion: '1' }, items: lists[Math.min(next++, lists.length - 1)] } as T),
    async *watch<T>({ signal }: { signal: AbortSignal }): AsyncIterable<WatchEvent<T>> {
      if (fail()) yield { type: 'ERROR', object: expired('too old resource version').status };
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    },
    async *stream(): AsyncIterable<Uint8Array> {
      yield await Promise.reject(new ApiError(405, 'MethodNotAllowed', 'no streams'));
    },
  };
}
