/** Benchmark on real machines of the testbed: joining, starting pods against bare Docker, and what the agent costs. */
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { join as joinPath } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Docker from 'dockerode';
import { machineDockerSocket, runIn } from '../e2e/testbed/machine.ts';
import { downTestbed, upTestbed, type TestbedMachine } from '../e2e/testbed/testbed.ts';
import { AGENT_CONTAINER } from '../src/shared/agent-config.ts';
import { bareDocker, type BareDocker } from './bare-docker.ts';
import { withControlPlane } from './control-plane-process.ts';
import { giveCredentials, join, remove } from './joins.ts';
import type { Latencies } from './latencies.ts';
import type { LoadClient } from './load-client.ts';
import { PodStarts } from './pod-starts.ts';
import { parseCpuSeconds, parseMemory } from './process-usage.ts';
import { all, atMost, duration, on, perSecond, size, type Benchmark, type Row } from './report.ts';

const OUT = joinPath(import.meta.dirname, '../out');
const COMMAND = ['sleep', '100000'];
/** As many as the agent starts at once. */
const WORKERS = 4;
const SETTLE_MS = 5000;
const CPU_SAMPLE_MS = 15_000;

interface Images {
  agent: { file: string; tag: string };
  pause: { file: string; tag: string };
}

/** Runs the benchmark. Needs root; rejects with the reason where a testbed cannot be. */
export const machines: Benchmark = async (emit) => {
  const images = JSON.parse(await readFile(joinPath(OUT, 'agent-image.json'), 'utf8')) as Images;
  // The machines' disks need a real file system, which /tmp may not be.
  const dir = await mkdtemp('/var/tmp/wheelhouse-bench-');
  try {
    const testbed = await upTestbed({ machines: 2, dir });
    const [first, second] = testbed.machines;
    if (!first || !second) throw new Error('the testbed has no two machines');
    const docker = new Docker({ socketPath: await machineDockerSocket(second) });
    await load(docker, images.agent.file);
    await load(docker, images.pause.file);
    await withControlPlane({}, async ({ client }) => {
      emit({
        title: 'Machines: joining',
        method:
          'From the Machine object being created to its being Ready, over SSH to a machine of the testbed (own kernel namespaces and dockerd on the same computer).',
        rows: await joins(client, first, second),
      });
      const image = `${testbed.registry}/busybox:1`;
      // The second machine was joined and has been left again: Docker alone is on it.
      await load(docker, images.pause.file);
      await finished(docker, await docker.pull(image));
      const bare = bareDocker(docker, images.pause.tag, image, COMMAND);
      const usage: Row[] = [await agentUsage('no pods', first)];
      emit({
        title: 'Machines: pod start',
        method: `From a Pod's creation (over TLS, scheduled) to a watch showing it Running, image present, one container. Bare Docker: create and start of a pause container and one that shares its namespaces, straight to the socket of another such machine, each time just before the pods; all asked for at once, ${WORKERS} workers. Both machines, control plane and client share the cores of this one.`,
        rows: await podStarts(new PodStarts(client, first.name, image, COMMAND), first, bare, usage),
      });
      emit({
        title: 'Machines: the agent',
        method: `Memory and processor time of the agent's process on the machine, over ${CPU_SAMPLE_MS / 1000} s, ${SETTLE_MS / 1000} s after its pods ran.`,
        rows: usage,
      });
    });
  } finally {
    await downTestbed(dir);
  }
};

interface Starts {
  each: Latencies;
  seconds: number;
}

async function load(docker: Docker, file: string): Promise<void> {
  await finished(docker, await docker.loadImage(createReadStream(joinPath(OUT, file))));
}

function finished(docker: Docker, stream: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve, reject) =>
    docker.modem.followProgress(stream, (error) => (error ? reject(error) : resolve())),
  );
}

async function joins(client: LoadClient, first: TestbedMachine, second: TestbedMachine): Promise<Row[]> {
  await giveCredentials(client, first);
  const row = (what: string, ms: number): Row => ({ what, values: { time: duration(ms) } });
  const cold = row('join, agent image to be sent', await join(client, first));
  const warmMs = await join(client, second);
  const warm = { ...row('join, agent image present', warmMs), budget: atMost(warmMs / 1000, 10, 's') };
  const gone = row('remove, nothing left behind', await remove(client, second));
  return [cold, warm, gone];
}

/** Also adds what the agent uses with 50 and 100 pods. */
async function podStarts(starts: PodStarts, machine: TestbedMachine, docker: BareDocker, usage: Row[]): Promise<Row[]> {
  await starts.open();
  try {
    // The first on a machine pull the image and fill its daemon's caches.
    await docker.start(2, 1);
    await starts.start(2);
    await starts.removeAll();
    const bareOne = await docker.start(10, 1);
    const { each: one } = await oneByOne(starts, 10);
    await starts.removeAll();
    const bareTen = await docker.start(10, WORKERS);
    const ten = await starts.start(10);
    await starts.removeAll();
    const bareFifty = await docker.start(50, WORKERS);
    const fifty = await starts.start(50);
    usage.push(await agentUsage('50 pods', machine));
    await starts.start(50);
    usage.push(await agentUsage('100 pods', machine));
    await starts.removeAll();
    return [
      bareRow('bare Docker, one at a time', bareOne),
      {
        what: 'pod, one at a time',
        values: { ...one.columns(), 'over bare': `${(one.p50 / bareOne.each.p50).toFixed(2)} ×` },
        budget: on('over bare', atMost(one.p50 / bareOne.each.p50, 1.25, '×')),
      },
      bareRow('bare Docker, 10 at once', bareTen),
      podsRow('pods, 10 at once', ten, bareTen),
      bareRow('bare Docker, 50 at once', bareFifty),
      {
        ...podsRow('pods, 50 at once', fifty, bareFifty),
        budget: on('over bare', atMost(fifty.seconds / bareFifty.seconds, 1.3, '×')),
      },
    ];
  } finally {
    await starts.close();
  }
}

async function oneByOne(starts: PodStarts, count: number): Promise<{ each: Latencies }> {
  const { each } = await starts.start(1);
  for (let index = 1; index < count; index += 1) each.add((await starts.start(1)).each.p50);
  return { each };
}

const bareRow = (what: string, { each, seconds }: Starts): Row => ({
  what,
  values: { ...each.columns(), ...(what.includes('at once') ? together(each, seconds) : {}) },
});

const podsRow = (what: string, { each, seconds }: Starts, bare: Starts): Row => ({
  what,
  values: {
    ...each.columns(),
    ...together(each, seconds),
    'over bare': `${(seconds / bare.seconds).toFixed(2)} ×`,
  },
});

const together = (each: Latencies, seconds: number): Record<string, string> => ({
  'all after': duration(seconds * 1000),
  rate: perSecond(each.count / seconds),
});

async function agentUsage(what: string, machine: TestbedMachine): Promise<Row> {
  await delay(SETTLE_MS);
  const pid = (await runIn(machine, ['docker', 'inspect', '-f', '{{.State.Pid}}', AGENT_CONTAINER])).trim();
  const read = (name: string): Promise<string> => runIn(machine, ['cat', `/proc/${pid}/${name}`]);
  const before = parseCpuSeconds(await read('stat'));
  const startedAt = performance.now();
  await delay(CPU_SAMPLE_MS);
  const cpu = parseCpuSeconds(await read('stat')) - before;
  const percent = (100_000 * cpu) / (performance.now() - startedAt);
  const { resident, peak } = parseMemory(await read('status'));
  const row: Row = {
    what,
    values: { resident: size(resident), peak: size(peak), 'of a core': `${percent.toFixed(1)} %` },
  };
  if (what !== '100 pods') return row;
  return { ...row, budget: all(atMost(resident / 1e6, 100, 'MB'), atMost(percent, 2, '%')) };
}
