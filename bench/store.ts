/** Benchmarks of the embedded store: durable creates, restart, watch fan-out, compaction. Prints tables. Run: `npx tsx bench/store.ts [DIR]`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { openEmbeddedStore, type EmbeddedStore } from '../src/main/store/embedded/index.ts';
import type { StoredValue } from '../src/main/store/storage.ts';
import type { Logger } from '../src/shared/logger.ts';

const nothing = (): void => undefined;
const log: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const root = process.argv[2] ?? tmpdir();

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

const percentile = (sorted: number[], share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
const ms = (value: number): string => `${value.toFixed(2)} ms`;

async function withStore<T>(use: (store: EmbeddedStore, dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(root, 'wheelhouse-bench-'));
  const store = await openEmbeddedStore({ dir, log, clock: Date });
  try {
    return await use(store, dir);
  } finally {
    await store.close();
    await rm(dir, { recursive: true });
  }
}

/** Each client creates the next object when its last is acknowledged. */
async function creates(clients: number, total: number): Promise<Record<string, unknown>> {
  return withStore(async (store) => {
    const latencies: number[] = [];
    let next = 0;
    const client = async (): Promise<void> => {
      while (next < total) {
        const name = `p${next++}`;
        const startedAt = performance.now();
        await store.create(`/core/pods/default/${name}`, pod(name));
        latencies.push(performance.now() - startedAt);
      }
    };
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: clients }, client));
    const seconds = (performance.now() - startedAt) / 1000;
    latencies.sort((a, b) => a - b);
    return {
      clients,
      'creates/s': Math.round(total / seconds),
      p50: ms(percentile(latencies, 0.5)),
      p99: ms(percentile(latencies, 0.99)),
    };
  });
}

async function restart(objects: number, compact: boolean): Promise<Record<string, unknown>> {
  const dir = await mkdtemp(join(root, 'wheelhouse-bench-'));
  const first = await openEmbeddedStore({ dir, log, clock: Date });
  for (let from = 0; from < objects; from += 1000) {
    const batch = Array.from({ length: 1000 }, (_, index) => `p${from + index}`);
    await Promise.all(batch.map((name) => first.create(`/core/pods/default/${name}`, pod(name))));
  }
  const loop = monitorEventLoopDelay({ resolution: 1 });
  let compaction = 0;
  if (compact) {
    loop.enable();
    const startedAt = performance.now();
    await first.compact();
    compaction = performance.now() - startedAt;
    loop.disable();
  }
  await first.close();
  const startedAt = performance.now();
  const second = await openEmbeddedStore({ dir, log, clock: Date });
  const opened = performance.now() - startedAt;
  loop.reset();
  loop.enable();
  const listStartedAt = performance.now();
  const { items } = await second.list({ prefix: '/core/pods/' });
  const listed = performance.now() - listStartedAt;
  loop.disable();
  await second.close();
  await rm(dir, { recursive: true });
  return {
    objects: items.length,
    from: compact ? 'snapshot' : 'journal',
    open: ms(opened),
    'first list of all': ms(listed),
    compaction: compact ? ms(compaction) : '',
    'longest block': ms(loop.max / 1e6),
  };
}

/** From the write being submitted to each watcher having its event. */
async function fanOut(watchers: number, writes: number): Promise<Record<string, unknown>> {
  return withStore(async (store) => {
    const sentAt = new Map<string, number>();
    const latencies: number[] = [];
    const acknowledged: number[] = [];
    const readers = Array.from({ length: watchers }, async () => {
      let seen = 0;
      for await (const batch of store.watch({ prefix: '/core/pods/', afterRevision: store.revision })) {
        for (const event of batch) latencies.push(performance.now() - (sentAt.get(event.key) ?? 0));
        if ((seen += batch.length) === writes) return;
      }
    });
    for (let index = 0; index < writes; index++) {
      const key = `/core/pods/default/p${index}`;
      const startedAt = performance.now();
      sentAt.set(key, startedAt);
      await store.create(key, pod(`p${index}`));
      acknowledged.push(performance.now() - startedAt);
    }
    await Promise.all(readers);
    latencies.sort((a, b) => a - b);
    acknowledged.sort((a, b) => a - b);
    return {
      watchers,
      'events delivered': latencies.length,
      'event p50': ms(percentile(latencies, 0.5)),
      'event p99': ms(percentile(latencies, 0.99)),
      'write p99': ms(percentile(acknowledged, 0.99)),
    };
  });
}

await creates(64, 5_000); // Warm-up: the first run would be the compiler's.
console.log('Durable creates of 3 KB objects (fsync before each acknowledgement)');
console.table([await creates(1, 2_000), await creates(16, 10_000), await creates(64, 20_000)]);
console.log('Restart');
console.table([await restart(30_000, false), await restart(30_000, true)]);
console.log('Watch fan-out (write submitted to event received)');
console.table([await fanOut(1, 1_000), await fanOut(100, 1_000), await fanOut(1_000, 300)]);
