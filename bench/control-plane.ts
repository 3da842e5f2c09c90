/** Benchmark of the whole control plane with simulated machines: memory, restart, scheduling, and how long it makes others wait. */
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../e2e/testbed/wait.ts';
import { inParallel } from './clients.ts';
import { withControlPlane, type Measured } from './control-plane-process.ts';
import { worstLoopLag } from './event-loop.ts';
import { Latencies } from './latencies.ts';
import type { LoadClient } from './load-client.ts';
import { memoryOf } from './process-usage.ts';
import { atLeast, atMost, count, duration, on, perSecond, size, type Benchmark, type Row } from './report.ts';

const PODS_PER_DEPLOYMENT = 1000;
const DEPLOYMENTS = 30;
const PODS = PODS_PER_DEPLOYMENT * DEPLOYMENTS;
/** Enough for 110 pods on each node. */
const NODES_FOR_PODS = 300;
const MANY_NODES = 5000;
/** How often a bystander asks for something while the control plane works. */
const PROBE_EVERY_MS = 20;
const SETTLE_MS = 5000;
const NAMESPACE = '/api/v1/namespaces/default';

const template = (app: string, annotations: Record<string, string> = {}): object => ({
  metadata: { labels: { app }, annotations },
  spec: {
    containers: [
      {
        name: 'web',
        image: 'registry.example.com/team/web:1.2.3',
        env: [{ name: 'LOG_LEVEL', value: 'info' }],
        resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '64Mi' } },
      },
    ],
  },
});

/** Runs the benchmark. */
export const controlPlane: Benchmark = async (emit) => {
  emit({
    title: 'Control plane: memory and restart',
    method: `Resident memory of the one process that is the control plane, ${SETTLE_MS / 1000} s after the work was done. ${count(PODS)} pods of ${DEPLOYMENTS} Deployments on ${NODES_FOR_PODS} simulated nodes, taken through Pending to Running with all their status writes and events. Restart: \`kill -9\`, then from the start of the process to the API's first answer and to its \`ready\` line.`,
    rows: [...(await idle()), ...(await manyPods())],
  });
  emit({
    title: 'Control plane: scheduling',
    method: `Pods made by 64 clients over TLS on ${count(MANY_NODES)} simulated nodes, all heartbeats included: from the first create to the last pod having its node, so creating and binding share the time.`,
    rows: await scheduling(),
  });
};

const memoryRow = (what: string, { resident, peak }: { resident: number; peak: number }): Row => ({
  what,
  values: { resident: size(resident), peak: size(peak) },
});

async function idle(): Promise<Row[]> {
  return withControlPlane({}, async ({ serve }) => {
    await delay(SETTLE_MS);
    const memory = await memoryOf(serve.child.pid ?? 0);
    const budget = atMost(memory.resident / 1e6, 150, 'MB');
    return [{ ...memoryRow('idle, empty cluster', memory), budget }];
  });
}

async function manyPods(): Promise<Row[]> {
  return withControlPlane({ simulate: NODES_FOR_PODS }, async (measured) => {
    const { client } = measured;
    const bystander = new Bystander(client);
    await worstLoopLag(client);
    const startedAt = performance.now();
    for (let index = 0; index < DEPLOYMENTS; index += 1) await client.create(DEPLOYMENTS_PATH, deployment(index));
    await until('all pods to be available', async () => (await available(client)) === PODS, {
      timeoutMs: 300_000,
      everyMs: 500,
    });
    const seconds = (performance.now() - startedAt) / 1000;
    const waits = await bystander.stop();
    const lagMs = await worstLoopLag(client);
    await delay(SETTLE_MS);
    const memory = await memoryOf(measured.serve.child.pid ?? 0);
    return [
      {
        ...memoryRow(`${count(PODS)} pods running`, memory),
        budget: atMost(memory.resident / 1e6, 900, 'MB'),
      },
      {
        what: `${count(PODS)} pods from nothing to available`,
        values: { time: duration(seconds * 1000), rate: `${perSecond(PODS / seconds)} pods` },
      },
      {
        what: 'get by a bystander meanwhile',
        values: {
          time: `p50 ${duration(waits.p50)}, p99 ${duration(waits.p99)}, longest ${duration(waits.percentile(1))}`,
        },
      },
      {
        what: 'the event loop’s longest delay meanwhile',
        values: { time: duration(lagMs) },
        budget: atMost(lagMs, 50, 'ms'),
      },
      ...(await restarts(measured)),
    ];
  });
}

const DEPLOYMENTS_PATH = '/apis/apps/v1/namespaces/default/deployments';

const deployment = (index: number): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: `web-${index}` },
  spec: {
    replicas: PODS_PER_DEPLOYMENT,
    selector: { matchLabels: { app: `web-${index}` } },
    template: template(`web-${index}`),
  },
});

async function available(client: LoadClient): Promise<number> {
  const { items } = await client.get<{ items: { status?: { availableReplicas?: number } }[] }>(DEPLOYMENTS_PATH);
  return items.reduce((sum, { status }) => sum + (status?.availableReplicas ?? 0), 0);
}

async function restarts(measured: Measured): Promise<Row[]> {
  const answers = new Latencies();
  const ready = new Latencies();
  for (let round = 0; round < 5; round += 1) {
    const { answerMs, readyMs } = await measured.restart();
    answers.add(answerMs);
    ready.add(readyMs);
  }
  await delay(SETTLE_MS);
  const memory = await memoryOf(measured.serve.child.pid ?? 0);
  return [
    {
      what: `restart with ${count(PODS)} pods: first answer (median of 5)`,
      values: { time: duration(answers.p50) },
      budget: atMost(answers.p50 / 1000, 1, 's'),
    },
    { what: 'the same: all controllers at work', values: { time: duration(ready.p50) } },
    memoryRow('after the restart', memory),
  ];
}

async function scheduling(): Promise<Row[]> {
  return withControlPlane({ simulate: MANY_NODES }, async ({ client, serve }) => {
    // The nodes' first heartbeats are written in the ten seconds after the start.
    await until('all nodes to be Ready', async () => (await readyNodes(client)) === MANY_NODES, {
      timeoutMs: 120_000,
      everyMs: 1000,
    });
    const rows: Row[] = [];
    await schedule(client, 'warm-up', 500);
    for (const pods of [1000, 5000]) {
      const bystander = new Bystander(client);
      const seconds = await schedule(client, `batch-${pods}`, pods);
      const waits = await bystander.stop();
      rows.push({
        what: `${count(pods)} pods on ${count(MANY_NODES)} nodes`,
        values: {
          time: duration(seconds * 1000),
          rate: `${perSecond(pods / seconds)} pods`,
          'get meanwhile, p99': duration(waits.p99),
        },
        budget: on('rate', atLeast(pods / seconds, 1000, '/s')),
      });
    }
    const memory = await memoryOf(serve.child.pid ?? 0);
    rows.push({ what: 'resident memory then', values: { time: size(memory.resident) } });
    return rows;
  });
}

async function readyNodes(client: LoadClient): Promise<number> {
  const { items } = await client.get<{ items: { status?: { conditions?: { type: string; status: string }[] } }[] }>(
    '/api/v1/nodes',
  );
  return items.filter(({ status }) =>
    status?.conditions?.some((each) => each.type === 'Ready' && each.status === 'True'),
  ).length;
}

/** Seconds from the first create to the last binding. */
async function schedule(client: LoadClient, app: string, pods: number): Promise<number> {
  const path = `${NAMESPACE}/pods`;
  const selector = `labelSelector=app%3D${app}`;
  const { metadata } = await client.get<{ metadata: { resourceVersion: string } }>(`${path}?${selector}`);
  const bound = new Set<string>();
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const watch = await client.watch(
    `${path}?watch=1&${selector}&resourceVersion=${metadata.resourceVersion}`,
    (line) => {
      // Not parsed whole: this process must not be what is measured.
      const name = /"nodeName":"/.test(line) ? /"name":"([^"]+)"/.exec(line)?.[1] : undefined;
      if (name !== undefined && bound.add(name).size === pods) finish();
    },
  );
  // Simulated kubelets leave these alone, so that only creating and binding are measured.
  const { metadata: labelled, spec } = template(app, { 'pod-create.stage.kwok.x-k8s.io/delay': '1h' }) as {
    metadata: object;
    spec: object;
  };
  const startedAt = performance.now();
  await inParallel(64, pods, (index) =>
    client.create(path, { apiVersion: 'v1', kind: 'Pod', metadata: { ...labelled, name: `${app}-${index}` }, spec }),
  );
  await finished;
  const seconds = (performance.now() - startedAt) / 1000;
  await watch.close();
  return seconds;
}

/** Somebody who asks for one small object again and again, to see how long work makes others wait. */
class Bystander {
  readonly #waits = new Latencies();
  readonly #abort = new AbortController();
  readonly #running: Promise<void>;

  constructor(client: LoadClient) {
    this.#running = this.#ask(client);
  }

  async stop(): Promise<Latencies> {
    this.#abort.abort();
    await this.#running;
    return this.#waits;
  }

  async #ask(client: LoadClient): Promise<void> {
    while (!this.#abort.signal.aborted) {
      await this.#waits.time(() => client.send('GET', NAMESPACE));
      await delay(PROBE_EVERY_MS);
    }
  }
}
