/** Benchmark of the API server with its store, over TLS: the built `serve` in one process, all its clients in this one. */
import { setTimeout as delay } from 'node:timers/promises';
import { inParallel } from './clients.ts';
import { withControlPlane } from './control-plane-process.ts';
import { Latencies } from './latencies.ts';
import type { LoadClient } from './load-client.ts';
import { all, atLeast, atMost, duration, size, on, perSecond, type Benchmark, type Row } from './report.ts';
import { sentNow, Watchers } from './watchers.ts';

const NAMESPACE = '/api/v1/namespaces/bench';
const CONFIG_MAPS = `${NAMESPACE}/configmaps`;
const WATCHED = '/api/v1/namespaces/bench-watch/configmaps';
const SHARED = 'Server and clients share the cores of this machine.';
/** Time between two writes while watchers are measured: nobody waits for the one before. */
const WRITE_EVERY_MS = 50;

/** About 1 KB as JSON. */
const configMap = (name: string, annotations: Record<string, string> = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels: { app: 'web', tier: 'front' }, annotations },
  data: { 'application.properties': 'setting.of.an.application=some value\n'.repeat(23) },
});

/** A pod that no scheduler takes, as a Deployment would make it. */
const pod = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app: 'web', 'pod-template-hash': '5d78c9869d' } },
  spec: {
    schedulerName: 'none',
    containers: [
      {
        name: 'web',
        image: 'registry.example.com/team/web:1.2.3',
        ports: [{ containerPort: 8080 }],
        env: [{ name: 'LOG_LEVEL', value: 'info' }],
        resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
        readinessProbe: { httpGet: { path: '/healthz', port: 8080 } },
      },
    ],
  },
});

/** Runs the benchmark. */
export const apiserver: Benchmark = (emit) =>
  withControlPlane({}, async ({ client }) => {
    for (const name of ['bench', 'bench-watch', 'warm-up'])
      await client.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    // The first thousands would measure the compiler.
    await inParallel(16, 3000, (index) =>
      client.create('/api/v1/namespaces/warm-up/configmaps', configMap(`w${index}`)),
    );
    await inParallel(16, 3000, (index) => client.send('GET', `/api/v1/namespaces/warm-up/configmaps/w${index}`));
    emit({
      title: 'API server: writes and reads',
      method: `ConfigMaps of 1 KB over TLS; every write is on disk before its answer. Each client sends its next request when it has its answer. ${SHARED}`,
      rows: [...(await creates(client)), ...(await reads(client)), ...(await patches(client))],
    });
    emit({
      title: 'API server: lists',
      method: 'From the request to the last byte, whole collection in memory at the server, not parsed by the client.',
      rows: await lists(client),
    });
    emit({
      title: 'API server: watch latency',
      method: `From a create being sent to its event's arrival at each watcher; 20 creates a second; each watcher has a TLS connection of its own, and this process reads all of them. ${SHARED}`,
      rows: await watches(client),
    });
  });

async function measured(
  what: string,
  clients: number,
  total: number,
  operation: (index: number) => Promise<unknown>,
): Promise<{ row: Row; rate: number; latencies: Latencies }> {
  const latencies = new Latencies();
  const seconds = await inParallel(clients, total, (index) => latencies.time(() => operation(index)));
  const rate = total / seconds;
  return { row: { what, values: { rate: perSecond(rate), ...latencies.columns() } }, rate, latencies };
}

/** 30,000 ConfigMaps in all; the reads and lists that follow use them. */
async function creates(client: LoadClient): Promise<Row[]> {
  let next = 0;
  const create = (): Promise<unknown> => client.create(CONFIG_MAPS, configMap(`c${next++}`));
  const one = await measured('create, 1 client', 1, 2000, create);
  const sixteen = await measured('create, 16 clients', 16, 8000, create);
  const many = await measured('create, 64 clients', 64, 20_000, create);
  const pods = await measured('create Pods, 64 clients', 64, 5000, (index) =>
    client.create(`${NAMESPACE}/pods`, pod(`p${index}`)),
  );
  const budget = all(atLeast(many.rate, 3000, '/s'), on('p99', atMost(many.latencies.p99, 50, 'ms')));
  return [one.row, sixteen.row, { ...many.row, budget }, pods.row];
}

async function reads(client: LoadClient): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [clients, total] of [
    [1, 3000],
    [16, 10_000],
    [64, 10_000],
  ] as const) {
    const what = `get, ${clients} client${clients > 1 ? 's' : ''}`;
    const { row, latencies } = await measured(what, clients, total, (index) =>
      client.send('GET', `${CONFIG_MAPS}/c${(index * 7919) % 30_000}`),
    );
    // With 64 callers on one core the queue in front of the server is most of what is measured.
    rows.push(clients > 16 ? row : { ...row, budget: on('p99', atMost(latencies.p99, 5, 'ms')) });
  }
  return rows;
}

async function patches(client: LoadClient): Promise<Row[]> {
  const patch = (contentType: string) => (index: number) =>
    client.send(
      'PATCH',
      `${CONFIG_MAPS}/c${(index * 7919) % 30_000}`,
      { metadata: { labels: { round: `r${index}` } } },
      contentType,
    );
  const apply = (index: number): Promise<unknown> =>
    client.send(
      'PATCH',
      `${CONFIG_MAPS}/c${(index * 7919) % 30_000}?fieldManager=bench&force=true`,
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `c${(index * 7919) % 30_000}`, labels: { applied: `r${index}` } },
      },
      'application/apply-patch+yaml',
    );
  const merge = patch('application/merge-patch+json');
  const strategic = patch('application/strategic-merge-patch+json');
  return [
    (await measured('merge patch, 16 clients', 16, 5000, merge)).row,
    (await measured('strategic merge patch, 16 clients', 16, 5000, strategic)).row,
    (await measured('server-side apply, 16 clients', 16, 5000, apply)).row,
  ];
}

async function lists(client: LoadClient): Promise<Row[]> {
  const time = async (what: string, path: string, rounds: number): Promise<Row> => {
    const latencies = new Latencies();
    let bytes = 0;
    for (let round = 0; round < rounds; round += 1)
      bytes = (await latencies.time(() => client.send('GET', path))).byteLength;
    return { what, values: { size: size(bytes), ...latencies.columns() } };
  };
  const rows = [
    await time('list, limit 500', `${CONFIG_MAPS}?limit=500`, 50),
    await time('list all 30,000', CONFIG_MAPS, 5),
    await time('list by label, 1 of 30,000 matches', `${CONFIG_MAPS}?labelSelector=round%3Dr4999`, 20),
  ];
  return [...rows, await getDuringLists(client)];
}

/** One caller's gets while another lists everything again and again: whether a long answer makes others wait. */
async function getDuringLists(client: LoadClient): Promise<Row> {
  const latencies = new Latencies();
  let listing = true;
  const lister = async (): Promise<void> => {
    for (let round = 0; round < 4; round += 1) await client.send('GET', CONFIG_MAPS);
    listing = false;
  };
  const getter = async (): Promise<void> => {
    for (let index = 0; listing; index += 1)
      await latencies.time(() => client.send('GET', `${CONFIG_MAPS}/c${index % 30_000}`));
  };
  await Promise.all([lister(), getter()]);
  const longest = latencies.percentile(1);
  return {
    what: 'get, 1 client, while another lists all',
    values: { ...latencies.columns(), longest: duration(longest) },
  };
}

async function watches(client: LoadClient): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [count, writes] of [
    [1, 100],
    [100, 100],
    [1000, 40],
  ] as const) {
    const watchers = new Watchers();
    try {
      await watchers.open(client, WATCHED, count);
      const answers = new Latencies();
      const sent: Promise<unknown>[] = [];
      for (let index = 0; index < writes; index += 1) {
        sent.push(answers.time(() => client.create(WATCHED, configMap(`to-${count}-${index}`, sentNow()))));
        await delay(WRITE_EVERY_MS);
      }
      await Promise.all(sent);
      await watchers.received(writes * count);
      const { p99 } = watchers.latencies;
      const row: Row = {
        what: `event to ${count} watcher${count > 1 ? 's' : ''}`,
        values: { ...watchers.latencies.columns(), 'create p99': duration(answers.p99) },
      };
      rows.push(count === 100 ? { ...row, budget: on('p99', atMost(p99, 20, 'ms')) } : row);
    } finally {
      await watchers.close();
    }
  }
  return rows;
}
