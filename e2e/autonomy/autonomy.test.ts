// What a machine does on its own: with the control plane away, with its agent or its Docker replaced. And what it tells of
// itself meanwhile. AUTONOMY_OUTAGE_SECONDS makes the outage longer than the short one of every run.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { PATHS } from '../../src/main/machines/footprint.ts';
import { AGENT_CONTAINER, CONTAINER_LABELS, type AgentConfig } from '../../src/shared/agent-config.ts';
import { PODS, SERVICES, type Pod } from '../../src/shared/api/kinds.ts';
import { isReady, upAgentBed, type AgentBed } from '../agent/agent-bed.ts';
import { until } from '../agent/until.ts';
import { restartDockerd } from '../testbed/faults.ts';
import { initPid } from '../testbed/machine.ts';

const run = promisify(execFile);
let bed: AgentBed;

beforeAll(async () => {
  bed = await upAgentBed('/var/lib/wheelhouse-autonomy-test');
});
afterAll(() => bed?.down());
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await bed.agentLog());
});

const image = (name: string): string => `${bed.testbed.registry}/${name}`;
const podOf = (name: string, spec: Pod['spec'], labels: Record<string, string> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels },
  spec: { terminationGracePeriodSeconds: 1, ...spec } as NonNullable<Pod['spec']>,
});
const web = (): Pod => podOf('web', { containers: [{ name: 'app', image: image('nginx:1.22') }] }, { app: 'web' });
const runs = (name: string): Promise<Pod> =>
  until(
    `${name} is ready`,
    () => bed.pod(name),
    ({ status }) => status?.containerStatuses?.every(({ ready }) => ready) ?? false,
  );
const kubectl = async (...args: string[]): Promise<string> =>
  (await run('kubectl', ['--kubeconfig', bed.kubeconfig, ...args])).stdout;
const scrape = (path: string): Promise<string> => kubectl('get', '--raw', `/api/v1/nodes/${bed.nodeName}/proxy${path}`);
const onMachine = async (path: string): Promise<string> => `/proc/${await initPid(bed.machine)}/root${path}`;

async function containersOf({ metadata }: Pod): Promise<string[]> {
  const docker = await bed.docker();
  const label = [`${CONTAINER_LABELS.podUid}=${metadata?.uid}`];
  return (await docker.listContainers({ filters: { label } })).map(({ Id }) => Id).sort();
}

/** Changes the agent's configuration and restarts it. */
async function reconfigure(change: Partial<AgentConfig>): Promise<void> {
  const file = await onMachine(PATHS.config);
  const config = JSON.parse(await readFile(file, 'utf8')) as AgentConfig;
  await writeFile(file, JSON.stringify({ ...config, ...change }), { mode: 0o600 });
  await (await bed.docker()).getContainer(AGENT_CONTAINER).restart();
}

const OUTAGE_SECONDS = Number(process.env['AUTONOMY_OUTAGE_SECONDS'] ?? 20);
const wait = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

describe('a machine with pods', () => {
  test('tells Prometheus of them under the names of kubelet and cadvisor', async () => {
    await bed.client.create(
      SERVICES,
      { metadata: { name: 'web', namespace: 'default' }, spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } },
      'default',
    );
    await bed.createPod(web());
    const pod = await runs('web');
    const id = pod.status?.containerStatuses?.[0]?.containerID?.replace('docker://', '');
    const cadvisor = await scrape('/metrics/cadvisor');
    expect(cadvisor).toMatch(
      new RegExp(`^container_memory_working_set_bytes\\{container="app",id="/docker/${id}",.*pod="web"\\} [1-9]`, 'm'),
    );
    expect(cadvisor).toMatch(/^container_network_receive_bytes_total\{.*interface="eth0".*pod="web"\} \d+ \d+$/m);
    expect(await scrape('/metrics')).toMatch(/^kubelet_running_pods 1$/m);
    await until(
      'the sampler has seen it',
      () => scrape('/metrics/resource'),
      (text) => /^container_cpu_usage_seconds_total\{container="app",namespace="default",pod="web"\} /m.test(text),
    );
    const running = JSON.parse(await scrape('/runningpods/')) as { items: Pod[] };
    expect(running.items.map(({ metadata }) => metadata?.name)).toEqual(['web']);
    expect(JSON.parse(await scrape('/configz'))).toMatchObject({ kubeletconfig: { imageGCHighThresholdPercent: 85 } });
  });

  test(`serves names and Services for ${OUTAGE_SECONDS} s without a control plane, with no request lost`, async () => {
    const script =
      'ok=0; bad=0; while true; do if timeout 5 wget -qO- http://web.default.svc.cluster.local/ >/dev/null 2>&1; ' +
      'then ok=$((ok+1)); else bad=$((bad+1)); fi; echo "$ok $bad"; sleep 0.05; done';
    await bed.createPod(
      podOf('client', { containers: [{ name: 'app', image: image('busybox:1'), command: ['sh', '-c', script] }] }),
    );
    const client = await runs('client');
    const count = async (): Promise<[ok: number, bad: number]> => {
      const [ok = 0, bad = 0] = (await kubectl('logs', 'client', '--tail=1')).trim().split(' ').map(Number);
      return [ok, bad];
    };
    const [, badBefore] = await until('requests go through', count, ([ok]) => ok > 0);
    const healthy = await containersOf(client);
    await bed.cutApi();
    await wait(OUTAGE_SECONDS);
    await bed.restoreApi();
    const [ok, bad] = await count();
    expect(bad).toBe(badBefore);
    expect(ok).toBeGreaterThan(OUTAGE_SECONDS);
    await until('the node is Ready', () => bed.node(), isReady);
    expect(await containersOf(client)).toEqual(healthy);
  });

  test('keeps their containers while its agent is replaced by another version', async () => {
    const before = await Promise.all(['web'].map(async (name) => containersOf(await bed.pod(name))));
    await reconfigure({ version: 'next' });
    await until(
      'the new agent has reported',
      () => bed.node(),
      ({ status }) => status?.nodeInfo?.kubeletVersion.endsWith('.next') ?? false,
    );
    const after = await Promise.all(['web'].map(async (name) => containersOf(await bed.pod(name))));
    expect(after).toEqual(before);
  });

  test('evicts a pod that writes more than it may, in upstream’s words', async () => {
    const writer = podOf('writer', {
      restartPolicy: 'Never',
      containers: [
        {
          name: 'app',
          image: image('busybox:1'),
          command: ['sh', '-c', 'dd if=/dev/zero of=/scratch/big bs=1M count=8; sleep 1000'],
          volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }],
        },
      ],
      volumes: [{ name: 'scratch', emptyDir: { sizeLimit: '2Mi' } }],
    });
    await bed.createPod(writer);
    const evicted = await until(
      'it is evicted',
      () => bed.pod('writer'),
      ({ status }) => status?.phase === 'Failed',
    );
    const message = 'Usage of EmptyDir volume "scratch" exceeds the limit "2Mi". ';
    expect(evicted.status).toMatchObject({ reason: 'Evicted', message });
    expect(evicted.status?.conditions?.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({
      status: 'True',
      reason: 'TerminationByKubelet',
      message,
    });
    expect(await scrape('/metrics')).toContain('kubelet_evictions{eviction_signal="emptydirfs.limit"} 1\n');
    await bed.client.delete(PODS, { name: 'writer', namespace: 'default' }, { gracePeriodSeconds: 1 });
  });

  test('keeps their containers through a restart of dockerd, where live-restore was agreed to', async () => {
    const live = async (): Promise<unknown> =>
      ((await (await bed.docker()).info()) as { LiveRestoreEnabled?: boolean }).LiveRestoreEnabled;
    await reconfigure({ liveRestore: true });
    await until('live-restore is on', live, (on) => on === true);
    const healthy = await containersOf(await bed.pod('web'));
    await restartDockerd(bed.machine);
    expect(await containersOf(await bed.pod('web'))).toEqual(healthy);
    expect(await live()).toBe(true);
  });
});
