/** The stores in this process, without an API server: durable creates, restart, watch fan-out, compaction. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { openEmbeddedStore, type EmbeddedStore } from '../src/main/store/embedded/index.ts';
import { openEtcdStore } from '../src/main/store/etcd/index.ts';
import { etcdMissing, TestEtcd } from '../src/main/store/etcd/testing.ts';
import type { Storage, StoredValue } from '../src/main/store/storage.ts';
import type { Logger } from '../src/shared/logger.ts';
import { inParallel } from './clients.ts';
import { Latencies } from './latencies.ts';
import { atMost, count, duration, perSecond, type Benchmark, type Row } from './report.ts';

const nothing = (): void => undefined;
const log: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** About 3 KB of JSON: the size of a running pod. */
function pod(name: string): StoredValue {
  const containers = ['main', 'sidecar'].map((container) => ({
    name: container,
    image: 'registry.example.com/team/application:1.2.3',
    env: Array.from({ length: 8 }, (_, index) => ({ name: `VARIABLE_${index}`, value: `value number ${index}` })),
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '500m', memory: '256Mi' } },
    volumeMounts: [
      { name: 'kube-api-access', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true },
    ],
  }));
  const conditions = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(
    (type) => ({
      type,
      status: 'True',
      lastProbeTime: null,
      lastTransitionTime: '2026-01-01T00:00:00Z',
    }),
  );
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'default',
      uid: '00000000-0000-4000-8000-000000000000',
      labels: { app: 'web', tier: 'front' },
    },
    spec: { nodeName: 'node-1', restartPolicy: 'Always', containers, tolerations: [{ key: 'a', operator: 'Exists' }] },
    status: {
      phase: 'Running',
      podIP: '10.244.1.7',
      conditions,
      containerStatuses: containers.map(({ name: container, image }) => ({
        name: container,
        image,
        ready: true,
        restartCount: 0,
      })),
    },
  };
}

/** Runs on an etcd of its own, started for it; undefined when there is none here. */
async function withEtcd<T>(use: (store: Storage) => Promise<T>): Promise<T | undefined> {
  if (etcdMissing !== undefined) return undefined;
  const etcd = await TestEtcd.start();
  try {
    const store = await openEtcdStore({ endpoints: [etcd.endpoint], log, clock: Date });
    return await use(store).finally(() => store.close());
  } finally {
    await etcd.dispose();
  }
}

async function withStore<T>(use: (store: EmbeddedStore) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'wheelhouse-bench-'));
  const store = await openEmbeddedStore({ dir, log, clock: Date });
  try {
    return await use(store);
  } finally {
    await store.close();
    await rm(dir, { recursive: true });
  }
}

const creates = (clients: number, total: number): Promise<Row> =>
  withStore((store) => measureCreates(store, clients, total));

async function measureCreates(store: Storage, clients: number, total: number): Promise<Row> {
  return measure(`${clients} client${clients > 1 ? 's' : ''}`, clients, total, (index) =>
    store.create(`/core/pods/default/p${index}`, pod(`p${index}`)),
  );
}

async function measure(
  what: string,
  clients: number,
  total: number,
  step: (index: number) => Promise<unknown>,
): Promise<Row> {
  const latencies = new Latencies();
  const seconds = await inParallel(clients, total, (index) => latencies.time(() => step(index)));
  return { what, values: { rate: perSecond(total / seconds), ...latencies.columns() } };
}

/** The same on etcd, which several control planes share: a read asks it for the latest revision first. */
async function onEtcd(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [clients, total] of [
    [1, 1000],
    [16, 4000],
    [64, 8000],
  ] as const) {
    const row = await withEtcd((store) => measureCreates(store, clients, total));
    if (row) rows.push({ ...row, what: `create, ${row.what}` });
  }
  const reads = await withEtcd(async (store) => {
    await inParallel(64, 1000, (index) => store.create(`/core/pods/default/p${index}`, pod(`p${index}`)));
    const get = (index: number): Promise<unknown> => store.get(`/core/pods/default/p${index % 1000}`);
    const list = (): Promise<unknown> => store.list({ prefix: '/core/pods/' });
    return [
      await measure('get, 1 client', 1, 2000, get),
      await measure('get, 64 clients', 64, 20_000, get),
      await measure('list of 1,000 pods, 1 client', 1, 1000, list),
    ];
  });
  return [...rows, ...(reads ?? [])];
}

async function restart(objects: number, compact: boolean): Promise<Row> {
  const dir = await mkdtemp(join(tmpdir(), 'wheelhouse-bench-'));
  try {
    const first = await openEmbeddedStore({ dir, log, clock: Date });
    await inParallel(1000, objects, (index) => first.create(`/core/pods/default/p${index}`, pod(`p${index}`)));
    const loop = monitorEventLoopDelay({ resolution: 1 });
    let compaction: Record<string, string> = {};
    if (compact) {
      loop.enable();
      const startedAt = performance.now();
      await first.compact();
      compaction = { compaction: duration(performance.now() - startedAt) };
      loop.disable();
      compaction['longest block by it'] = duration(loop.max / 1e6);
    }
    await first.close();
    const startedAt = performance.now();
    const second = await openEmbeddedStore({ dir, log, clock: Date });
    const opened = performance.now() - startedAt;
    const listStartedAt = performance.now();
    const { items } = await second.list({ prefix: '/core/pods/' });
    const listed = performance.now() - listStartedAt;
    await second.close();
    if (items.length !== objects) throw new Error(`${items.length} of ${objects} objects were there after the restart`);
    return {
      what: `${count(objects)} objects from the ${compact ? 'snapshot' : 'journal'}`,
      values: { open: duration(opened), 'first list of all': duration(listed), ...compaction },
      budget: atMost(opened / 1000, 1, 's'),
    };
  } finally {
    await rm(dir, { recursive: true });
  }
}

async function fanOut(watchers: number, writes: number): Promise<Row> {
  return withStore(async (store) => {
    const sentAt = new Map<string, number>();
    const latencies = new Latencies();
    const acknowledged = new Latencies();
    const readers = Array.from({ length: watchers }, async () => {
      let seen = 0;
      for await (const batch of store.watch({ prefix: '/core/pods/', afterRevision: store.revision })) {
        for (const event of batch) latencies.add(performance.now() - (sentAt.get(event.key) ?? 0));
        if ((seen += batch.length) === writes) return;
      }
    });
    for (let index = 0; index < writes; index++) {
      const key = `/core/pods/default/p${index}`;
      sentAt.set(key, performance.now());
      await acknowledged.time(() => store.create(key, pod(`p${index}`)));
    }
    await Promise.all(readers);
    return {
      what: `${count(watchers)} watcher${watchers > 1 ? 's' : ''}`,
      values: { ...latencies.columns(), 'write p99': duration(acknowledged.p99) },
    };
  });
}

/** Runs the benchmark. */
export const store: Benchmark = async (emit) => {
  await creates(64, 5000); // The first run would measure the compiler.
  emit({
    title: 'Store: durable creates',
    method: 'Objects of 3 KB, on disk (fsync) before each acknowledgement.',
    rows: [await creates(1, 2000), await creates(16, 10_000), await creates(64, 20_000)],
  });
  const etcdRows = await onEtcd();
  if (etcdRows.length > 0)
    emit({
      title: 'Store: on etcd',
      method:
        'The same objects on a single etcd on this disk. Reads are linearizable, and answered from memory once etcd has said which revision is the latest.',
      rows: etcdRows,
    });
  emit({
    title: 'Store: restart',
    method: 'From opening the store to its answering, and the first list of everything.',
    rows: [await restart(30_000, false), await restart(30_000, true)],
  });
  emit({
    title: 'Store: watch fan-out',
    method: 'From a write being submitted to each watcher having its event; one write after another.',
    rows: [await fanOut(1, 1000), await fanOut(100, 1000), await fanOut(1000, 300)],
  });
};
