// The promise "nothing acknowledged is ever lost", on the whole product: serve is killed with -9 fifty times while
// clients write through TLS; after each start, every acknowledged write must be there and no revision may go back.
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Api } from '../harness/api.ts';
import { ServeProcess } from '../harness/serve-process.ts';

const ROUNDS = 50;
const WRITERS = 8;
const COLLECTION = '/api/v1/namespaces/default/configmaps';

interface ConfigMap {
  metadata: { name: string; resourceVersion: string };
  data?: Record<string, string>;
}

/** What the clients were told: the last value acknowledged of each object, and the highest revision. */
interface Acknowledged {
  values: Map<string, number>;
  deleted: Set<string>;
  revision: number;
}

/** Creates, updates and now and then deletes objects until the server is gone; notes only what was acknowledged. */
async function write(api: Api, writer: string, acknowledged: Acknowledged): Promise<void> {
  const note = (body: unknown): void => {
    acknowledged.revision = Math.max(acknowledged.revision, Number((body as ConfigMap).metadata.resourceVersion));
  };
  try {
    for (let number = 0; ; number += 1) {
      const name = `${writer}-${number}`;
      const created = await api.request('POST', COLLECTION, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name },
        data: { value: '1' },
      });
      expect(created.status).toBe(201);
      note(created.body);
      acknowledged.values.set(name, 1);
      const updated = await api.request(
        'PATCH',
        `${COLLECTION}/${name}`,
        { data: { value: '2' } },
        'application/merge-patch+json',
      );
      expect(updated.status).toBe(200);
      note(updated.body);
      acknowledged.values.set(name, 2);
      if (number % 5 !== 4) continue;
      // From here on it may or may not be there; only an acknowledged delete says for sure.
      acknowledged.values.delete(name);
      const { status } = await api.request('DELETE', `${COLLECTION}/${name}`);
      expect(status).toBe(200);
      acknowledged.deleted.add(name);
    }
  } catch (error) {
    // The kill cuts connections in the middle; anything else is a finding.
    if (
      !(error instanceof Error) ||
      !/ECONNRESET|ECONNREFUSED|socket hang up|cut short|EPIPE/.test(
        `${error.message} ${'code' in error ? String(error.code) : ''}`,
      )
    )
      throw error;
  }
}

async function verify(api: Api, acknowledged: Acknowledged): Promise<void> {
  const list = await api.get<{ metadata: { resourceVersion: string }; items: ConfigMap[] }>(COLLECTION);
  const found = new Map(list.items.map((item) => [item.metadata.name, Number(item.data?.['value'])]));
  const lost = [...acknowledged.values].filter(([name, value]) => (found.get(name) ?? 0) < value);
  const undead = [...acknowledged.deleted].filter((name) => found.has(name));
  expect({ lost, undead }).toEqual({ lost: [], undead: [] });
  expect(Number(list.metadata.resourceVersion)).toBeGreaterThanOrEqual(acknowledged.revision);
}

test(`kill -9 ${ROUNDS} times under load loses no acknowledged write`, async () => {
  const acknowledged: Acknowledged = { values: new Map(), deleted: new Set(), revision: 0 };
  let serve = await ServeProcess.start();
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const api = new Api(serve.kubeconfig);
      const writers = Array.from({ length: WRITERS }, (_, index) => write(api, `r${round}-w${index}`, acknowledged));
      // Spread over start-up, steady writing and compaction; the exact instant does not matter, only that it varies.
      await delay(50 + ((round * 37) % 300));
      await serve.kill();
      await Promise.all(writers);
      api.close();
      serve = await serve.restart();
      const next = new Api(serve.kubeconfig);
      await verify(next, acknowledged);
      next.close();
    }
    expect(acknowledged.values.size).toBeGreaterThan(ROUNDS);
    expect(await serve.stop()).toBe(0);
  } finally {
    await serve.kill();
    await serve.removeData();
  }
}, 600_000);
