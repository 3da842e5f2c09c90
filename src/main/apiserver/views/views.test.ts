import { afterEach, beforeEach, expect, test } from 'vitest';
import { CONFIG_MAPS } from '../../../shared/api/kinds.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';
import { KindCatalog } from '../../resources/catalog.ts';
import { Views } from './views.ts';

let api: TestServer;
let views: Views;
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

beforeEach(async () => {
  api = await startTestServer();
  views = new Views(api.storage, new KindCatalog(), silent);
});
afterEach(async () => {
  views.close();
  await api.close();
});

const configMap = (name: string, data: Record<string, string>): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
});

test('a write is seen as soon as it is acknowledged', async () => {
  const view = await views.of(CONFIG_MAPS);
  for (let round = 0; round < 50; round += 1) {
    const name = `map-${round}`;
    await api.client.create(CONFIG_MAPS, configMap(name, { round: String(round) }));
    expect(view.get('default', name)?.data).toEqual({ round: String(round) });
    await api.client.delete(CONFIG_MAPS, { name, namespace: 'default' });
    expect(view.get('default', name)).toBeUndefined();
  }
});

test('lists one namespace only, and moves its generation', async () => {
  const view = await views.of(CONFIG_MAPS);
  const before = view.generation;
  await api.client.create(CONFIG_MAPS, configMap('one', {}));
  expect(view.list('default').map(({ metadata }) => metadata?.name)).toEqual(['one']);
  expect(view.list('kube-system')).toEqual([]);
  expect(view.generation).toBeGreaterThan(before);
});
