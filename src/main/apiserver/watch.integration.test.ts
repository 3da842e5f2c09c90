import { request as httpsRequest } from 'node:https';
import { KubeConfig, makeInformer, CoreV1Api, Watch } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CONFIG_MAPS, PODS, type ConfigMap, type Pod } from '../../shared/api/kinds.ts';
import type { KubeObject, Status, WatchEvent } from '../../shared/api/meta.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

let api: TestServer;
beforeAll(async () => {
  // A window this small forgets quickly.
  api = await startTestServer({ store: { windowEvents: 50 } });
});
afterAll(async () => {
  expect(api.errors).toEqual([]);
  await api.close();
});

const COLLECTION = '/api/v1/namespaces/default/configmaps';
const configMap = (name: string, labels: Record<string, string> = {}): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', labels },
});

/** Collects a watch's events until `enough` says so; in process. */
async function collect(
  query: Record<string, string>,
  enough: (events: WatchEvent<KubeObject>[]) => boolean,
  act?: () => Promise<unknown>,
): Promise<WatchEvent<KubeObject>[]> {
  const abort = new AbortController();
  const events: WatchEvent<KubeObject>[] = [];
  const acting = act?.();
  for await (const event of api.client.transport.watch<KubeObject>({
    path: COLLECTION,
    query,
    signal: abort.signal as never,
  })) {
    events.push(event);
    if (enough(events)) break;
  }
  await acting;
  abort.abort();
  return events;
}

const seen = (events: WatchEvent<KubeObject>[]): string[] =>
  events.map(
    (event) =>
      `${event.type} ${event.type === 'ERROR' ? (event.object.reason ?? '') : (event.object.metadata?.name ?? '')}`,
  );

/** A watch over HTTPS: its lines as they come, and a way to end it. */
function httpWatch(
  path: string,
  headers: Record<string, string> = {},
): {
  next: () => Promise<Record<string, unknown> | undefined>;
  close: () => void;
} {
  const lines: (Record<string, unknown> | undefined)[] = [];
  let wake: (() => void) | undefined;
  let rest = '';
  const push = (line: Record<string, unknown> | undefined): void => {
    lines.push(line);
    wake?.();
  };
  const sent = httpsRequest(
    {
      host: '127.0.0.1',
      port: api.server.port,
      path,
      ca: api.pki.caCertificate,
      headers: { authorization: `Bearer ${api.tokens.adminToken}`, ...headers },
    },
    (response) => {
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        const parts = (rest + chunk).split('\n');
        rest = parts.pop() ?? '';
        for (const part of parts) push(JSON.parse(part) as Record<string, unknown>);
      });
      response.on('end', () => push(undefined));
    },
  );
  sent.on('error', () => push(undefined));
  sent.end();
  return {
    async next() {
      while (lines.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return lines.shift();
    },
    close: () => sent.destroy(),
  };
}

describe('what a watch tells', () => {
  test('everything after its revision, in order', async () => {
    const { metadata } = await api.client.list(CONFIG_MAPS, { namespace: 'default' });
    await api.client.create(CONFIG_MAPS, configMap('a'));
    await api.client.patch(CONFIG_MAPS, { name: 'a', namespace: 'default' }, { data: { x: '1' } });
    await api.client.delete(CONFIG_MAPS, { name: 'a', namespace: 'default' });
    const events = await collect({ resourceVersion: metadata.resourceVersion ?? '' }, (all) => all.length === 3);
    expect(seen(events)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
    const versions = events.map((event) => Number((event.object as KubeObject).metadata?.resourceVersion));
    expect(versions).toEqual([...versions].sort((x, y) => x - y));
    expect(versions.at(-1)).toBe(api.storage.revision);
  });

  test('with no revision or 0: first what is there', async () => {
    await api.client.create(CONFIG_MAPS, configMap('b'));
    for (const query of [{}, { resourceVersion: '0' }])
      expect(seen(await collect(query, (all) => all.length === 1))).toEqual(['ADDED b']);
  });

  test('with sendInitialEvents: what is there, then a bookmark that says so', async () => {
    const events = await collect(
      { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: 'true' },
      (all) => all.at(-1)?.type === 'BOOKMARK',
    );
    expect(seen(events)).toEqual(['ADDED b', 'BOOKMARK ']);
    expect((events[1]?.object as KubeObject).metadata).toEqual({
      resourceVersion: String(api.storage.revision),
      annotations: { 'k8s.io/initial-events-end': 'true' },
    });
  });

  test('what comes to match is ADDED, what no longer does is DELETED as it was', async () => {
    const start = String(api.storage.revision);
    const label = (team: string): Promise<unknown> =>
      api.client.patch(CONFIG_MAPS, { name: 'c', namespace: 'default' }, { metadata: { labels: { team } } });
    await api.client.create(CONFIG_MAPS, configMap('c', { team: 'blue' }));
    await label('red');
    await api.client.patch(CONFIG_MAPS, { name: 'c', namespace: 'default' }, { data: { k: 'v' } });
    await label('green');
    await label('blue');
    await label('red');
    await api.client.delete(CONFIG_MAPS, { name: 'c', namespace: 'default' });
    const events = await collect({ resourceVersion: start, labelSelector: 'team=red' }, (all) => all.length === 5);
    expect(seen(events)).toEqual(['ADDED c', 'MODIFIED c', 'DELETED c', 'ADDED c', 'DELETED c']);
    const left = events[2]?.object as KubeObject;
    expect([left.metadata?.labels, Number(left.metadata?.resourceVersion)]).toEqual([
      { team: 'red' },
      Number(start) + 4,
    ]);
  });

  test('a single name is followed alone', async () => {
    const events = await collect(
      { fieldSelector: 'metadata.name=one' },
      (all) => all.length === 2,
      async () => {
        await api.client.create(CONFIG_MAPS, configMap('one-more'));
        await api.client.create(CONFIG_MAPS, configMap('one'));
        await api.client.delete(CONFIG_MAPS, { name: 'one', namespace: 'default' });
      },
    );
    expect(seen(events)).toEqual(['ADDED one', 'DELETED one']);
  });

  test('ends after its time, with a bookmark at the newest revision', async () => {
    await api.client.create(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'other', namespace: 'default' },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    } as Pod);
    const newest = api.storage.revision;
    const events: WatchEvent<KubeObject>[] = [];
    for await (const event of api.client.transport.watch<KubeObject>({
      path: COLLECTION,
      query: { resourceVersion: String(newest - 1), timeoutSeconds: '1', allowWatchBookmarks: 'true' },
      signal: new AbortController().signal as never,
    }))
      events.push(event);
    expect(seen(events)).toEqual(['BOOKMARK ']);
    expect((events[0]?.object as KubeObject).metadata?.resourceVersion).toBe(String(newest));
  });

  test('a forgotten revision is an ERROR event with 410, one in the future with 504', async () => {
    for (let index = 0; index < 60; index += 1)
      await api.client.patch(CONFIG_MAPS, { name: 'b', namespace: 'default' }, { data: { n: String(index) } });
    const old = await collect({ resourceVersion: '1' }, () => true);
    expect((old[0]?.object as Status).code).toBe(410);
    expect(seen(old)).toEqual(['ERROR Expired']);
    const future = await collect({ resourceVersion: String(api.storage.revision + 100) }, () => true);
    expect([seen(future), (future[0]?.object as Status).code]).toEqual([['ERROR Timeout'], 504]);
  });

  test('a list that goes on after its revision was forgotten is told 410 and how to go on', async () => {
    const page = await api.client.list(CONFIG_MAPS, { namespace: 'default', limit: 1 });
    for (let index = 0; index < 60; index += 1)
      await api.client.patch(CONFIG_MAPS, { name: 'b', namespace: 'default' }, { data: { m: String(index) } });
    const error = await api.client
      .list(CONFIG_MAPS, { namespace: 'default', limit: 1, continue: page.metadata.continue ?? '' })
      .then(
        () => undefined,
        (thrown: { status: Status }) => thrown.status,
      );
    expect([error?.code, error?.reason]).toEqual([410, 'Expired']);
    const token = (error?.metadata as { continue?: string }).continue ?? '';
    const rest = await api.client.list(CONFIG_MAPS, { namespace: 'default', continue: token });
    expect(rest.items.map(({ metadata }) => metadata?.name)).toEqual(['one-more']);
  });
});

describe('a watch over HTTPS', () => {
  test('is lines of JSON, the same object for everybody', async () => {
    const from = `?watch=1&resourceVersion=${api.storage.revision}`;
    const watches = Array.from({ length: 5 }, () => httpWatch(COLLECTION + from));
    const made = await api.client.create(CONFIG_MAPS, configMap('wire'));
    for (const watch of watches) {
      expect(await watch.next()).toEqual({ type: 'ADDED', object: made });
      watch.close();
    }
  });

  test('can be one of Tables', async () => {
    const watch = httpWatch(`${COLLECTION}?watch=1&fieldSelector=metadata.name%3Dwire`, {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
    });
    const first = (await watch.next()) as {
      type: string;
      object: { kind: string; columnDefinitions: unknown[]; rows: { cells: unknown[] }[] };
    };
    expect([first.type, first.object.kind, first.object.rows[0]?.cells.slice(0, 2)]).toEqual([
      'ADDED',
      'Table',
      ['wire', 0],
    ]);
    expect(first.object.columnDefinitions.length).toBe(3);
    await api.client.patch(CONFIG_MAPS, { name: 'wire', namespace: 'default' }, { data: { x: 'y' } });
    const second = (await watch.next()) as typeof first;
    expect([second.type, second.object.columnDefinitions, second.object.rows[0]?.cells.slice(0, 2)]).toEqual([
      'MODIFIED',
      null,
      ['wire', 1],
    ]);
    watch.close();
  });

  test('leaves nothing behind when clients go away', async () => {
    const watches = Array.from({ length: 20 }, () => httpWatch(`${COLLECTION}?watch=1`));
    for (const watch of watches) {
      await watch.next();
      watch.close();
    }
    const running = async (): Promise<string> =>
      /apiserver_longrunning_requests\{[^}]*resource="configmaps"[^}]*\} (\d+)/.exec(
        await api.client.transport.request<string>({ method: 'GET', path: '/metrics' }),
      )?.[1] ?? '';
    await expect.poll(running).toBe('0');
  });
});

describe('a large list', () => {
  test('is answered whole, though it is written in pieces', async () => {
    const count = 3000;
    const filler = 'x'.repeat(2000);
    for (let start = 0; start < count; start += 500)
      await Promise.all(
        Array.from({ length: 500 }, (_, index) =>
          api.client.create(CONFIG_MAPS, {
            ...configMap(`big-${start + index}`),
            metadata: { name: `big-${start + index}`, namespace: 'kube-public' },
            data: { filler },
          }),
        ),
      );
    const config = clientConfig();
    const list = await config.makeApiClient(CoreV1Api).listNamespacedConfigMap({ namespace: 'kube-public' });
    expect(list.items.length).toBe(count);
    expect(new Set(list.items.map((item) => item.metadata?.name)).size).toBe(count);
  });
});

function clientConfig(): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(api.kubeconfig);
  return config;
}

describe('@kubernetes/client-node', () => {
  test('lists, watches and keeps an informer', async () => {
    const config = clientConfig();
    const core = config.makeApiClient(CoreV1Api);
    await core.createNamespacedConfigMap({
      namespace: 'kube-system',
      body: { metadata: { name: 'from-client' }, data: { a: 'b' } },
    });
    const listed = await core.listNamespacedConfigMap({ namespace: 'kube-system' });
    expect(listed.items.map((item) => item.metadata?.name)).toContain('from-client');

    const events: string[] = [];
    const path = '/api/v1/namespaces/kube-system/configmaps';
    const controller = await new Watch(config).watch(
      path,
      { resourceVersion: listed.metadata?.resourceVersion ?? '' },
      (type: string, object: { metadata: { name: string } }) => events.push(`${type} ${object.metadata.name}`),
      () => undefined,
    );
    await core.deleteNamespacedConfigMap({ namespace: 'kube-system', name: 'from-client' });
    await expect.poll(() => events).toEqual(['DELETED from-client']);
    controller.abort();

    const informer = makeInformer(config, path, () => core.listNamespacedConfigMap({ namespace: 'kube-system' }));
    const added: (string | undefined)[] = [];
    informer.on('add', (object) => added.push(object.metadata?.name));
    await informer.start();
    await api.client.create(CONFIG_MAPS, {
      ...configMap('informed'),
      metadata: { name: 'informed', namespace: 'kube-system' },
    });
    await expect.poll(() => added).toEqual(['informed']);
    await informer.stop();
  });
});
