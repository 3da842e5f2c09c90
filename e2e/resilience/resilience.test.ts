// Faults on real machines: whatever is cut, killed or restarted, pods go on, nothing is lost, and afterwards the API
// says what happened. Two testbed machines, the built control plane, real kubectl as judge.
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Event, Node, Pod } from '../../src/shared/api/kinds.ts';
import type { Machine } from '../../src/shared/api/machine.ts';
import { joinMachines, podsOf, podState, restartsOf, upCluster, type Cluster } from '../harness/cluster.ts';
import { noKubectl } from '../harness/kubectl.ts';
import { cutLink, restartDockerd, restartSshd, restoreLink } from '../testbed/faults.ts';
import { runIn } from '../testbed/machine.ts';
import { until } from '../testbed/wait.ts';

const why = process.env['WHEELHOUSE_NO_TESTBED'] ?? noKubectl;
const WEB = 'app=web';

describe.skipIf(why !== undefined)(`faults on real machines${why ? ` (skipped: ${why})` : ''}`, () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await upCluster(2);
    await joinMachines(cluster, cluster.testbed.machines);
    await cluster.kubectl.ok(['apply', '-f', '-'], JSON.stringify(webDeployment(cluster)));
    await allRunning(4);
  });
  afterAll(() => cluster?.down());

  const nodeReady = (name: string): Promise<unknown> =>
    until(
      `node ${name} to be Ready`,
      async () => {
        const node = await cluster.kubectl.json<Node>(['get', 'node', name]);
        return node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
      },
      { timeoutMs: 90_000, everyMs: 250 },
    );

  const machinePhase = async (name: string): Promise<string | undefined> =>
    (await cluster.kubectl.json<Machine>(['get', 'machine', name])).status?.phase;

  async function allRunning(count: number): Promise<Pod[]> {
    return until(
      `${count} pods of web to be Running and ready`,
      async () => {
        const pods = (await podsOf(cluster, WEB)).filter((pod) => !pod.metadata?.deletionTimestamp);
        const ready = pods.filter((pod) => pod.status?.containerStatuses?.every((each) => each.ready));
        return ready.length === count && pods.length === count ? pods : undefined;
      },
      { timeoutMs: 120_000, everyMs: 250 },
    );
  }

  const identities = async (): Promise<string[]> =>
    (await podsOf(cluster, WEB)).map((pod) => pod.metadata?.uid ?? '').sort();

  test('both machines run pods, each with an address of its node', async () => {
    const pods = await podsOf(cluster, WEB);
    expect(new Set(pods.map((pod) => pod.spec?.nodeName))).toEqual(new Set(['wh-1', 'wh-2']));
    const nodes = (await cluster.kubectl.json<{ items: Node[] }>(['get', 'nodes'])).items;
    for (const pod of pods) {
      const cidr = nodes.find((node) => node.metadata?.name === pod.spec?.nodeName)?.spec?.podCIDR ?? '';
      expect(pod.status?.podIP?.startsWith(cidr.replace(/0\/24$/, ''))).toBe(true);
    }
  });

  test('killing the agent restarts no container, and it comes back by itself', async () => {
    const before = await containerIds('wh-1');
    const [agent] = (await docker('wh-1', ['ps', '-q', '--filter', 'label=wheelhouse.dev/role=agent'])).split('\n');
    await docker('wh-1', ['kill', agent ?? '']);
    // Docker does not restart what was killed on purpose; a crash of the process it does.
    await docker('wh-1', ['start', agent ?? '']);
    await nodeReady('wh-1');
    expect(await containerIds('wh-1')).toEqual(before);
    expect((await podsOf(cluster, WEB)).map(restartsOf)).toEqual([0, 0, 0, 0]);
  });

  test('sshd restarted: the connection is made again and nothing restarts', async () => {
    const before = await identities();
    const [machine] = cluster.testbed.machines;
    await restartSshd(machine!);
    await until(
      'the machine to be connected again',
      async () =>
        (await machinePhase('wh-1')) === 'Ready' &&
        (await cluster.kubectl.run(['get', '--raw', '/api/v1/nodes/wh-1/proxy/healthz'])).stdout === 'ok',
      { timeoutMs: 60_000 },
    );
    expect(await identities()).toEqual(before);
  });

  test('a link cut for a minute: the machine shows as disconnected, its pods stay, and it is Ready again after', async () => {
    const before = await identities();
    const [machine] = cluster.testbed.machines;
    await cutLink(machine!);
    await until('the machine to show as Disconnected', async () => (await machinePhase('wh-1')) === 'Disconnected', {
      timeoutMs: 90_000,
    });
    const message = (await cluster.kubectl.json<Machine>(['get', 'machine', 'wh-1'])).status?.conditions?.find(
      ({ status }) => status !== 'True',
    )?.message;
    expect(message).toMatch(/\w+ \w+ \w+/);
    await delay(30_000);
    await restoreLink(machine!);
    await nodeReady('wh-1');
    await until('the machine to be Ready', async () => (await machinePhase('wh-1')) === 'Ready', { timeoutMs: 90_000 });
    expect(await identities()).toEqual(before);
  }, 300_000);

  test('dockerd restarted: its pods run again, the same pods', async () => {
    const before = await identities();
    const [, machine] = cluster.testbed.machines;
    await restartDockerd(machine!);
    await allRunning(4);
    expect(await identities()).toEqual(before);
  });

  test('control plane away for two minutes: the agent restarts what crashes and reports it; nothing is evicted', async () => {
    await cluster.kubectl.ok(['apply', '-f', '-'], JSON.stringify(crashingPod(cluster)));
    await podState(cluster, 'steady', 'the pod runs', (pod) => pod.status?.containerStatuses?.[0]?.ready === true);
    const before = await identities();
    const node = (await cluster.kubectl.json<Pod>(['get', 'pod', 'steady'])).spec?.nodeName ?? '';
    expect(await cluster.serve.stop()).toBe(0);
    const id = (
      await docker(node, [
        'ps',
        '-q',
        '--no-trunc',
        '--filter',
        'label=io.kubernetes.pod.name=steady',
        '--filter',
        'label=wheelhouse.dev/role=container',
      ])
    ).trim();
    await docker(node, ['kill', id]);
    await until(
      'the agent to start the container again',
      async () => {
        const now = (
          await docker(node, [
            'ps',
            '-q',
            '--no-trunc',
            '--filter',
            'label=io.kubernetes.pod.name=steady',
            '--filter',
            'label=wheelhouse.dev/role=container',
          ])
        ).trim();
        return now !== '' && now !== id;
      },
      { timeoutMs: 60_000, everyMs: 250 },
    );
    await delay(120_000);
    cluster.restarted(await cluster.serve.restart());
    const pod = await podState(
      cluster,
      'steady',
      'the restart is reported',
      (each) => restartsOf(each) === 1 && each.status?.phase === 'Running',
    );
    expect(pod.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode).toBe(137);
    await nodeReady('wh-1');
    await nodeReady('wh-2');
    expect(await identities()).toEqual(before);
    // Of the link that was cut before there are "Cancelling deletion"; an eviction says "Marking for deletion".
    const events = await cluster.kubectl.json<{ items: Event[] }>(['get', 'events']);
    expect(events.items.map(({ message }) => message).filter((text) => text?.startsWith('Marking'))).toEqual([]);
  });

  test('a removed machine is left as it was found', async () => {
    await cluster.kubectl.ok(['delete', 'machine', 'wh-2', '--timeout=120s']);
    expect((await docker('wh-2', ['ps', '-aq'])).trim()).toBe('');
    const machine = cluster.testbed.machines.find(({ name }) => name === 'wh-2')!;
    expect(await runIn(machine, ['sh', '-c', 'ls -d /var/lib/wheelhouse 2>/dev/null || echo gone'])).toMatch(/gone/);
    expect(await runIn(machine, ['sh', '-c', 'ip -o link | grep -c kube0 || true'])).toMatch(/^0/);
    expect((await cluster.kubectl.run(['get', 'node', 'wh-2'])).stderr).toContain('NotFound');
    await allRunning(4);
  });

  function docker(name: string, args: string[]): Promise<string> {
    return runIn(
      cluster.testbed.machines.find((machine) => machine.name === name)!,
      ['docker', ...args],
    );
  }

  async function containerIds(name: string): Promise<string[]> {
    return (await docker(name, ['ps', '-q', '--filter', 'label=wheelhouse.dev/role=container']))
      .trim()
      .split('\n')
      .sort();
  }
});

function webDeployment({ image }: Cluster): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas: 4,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'nginx', image: image('nginx:1.22') }] },
      },
    },
  };
}

function crashingPod({ image }: Cluster): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'steady' },
    spec: { containers: [{ name: 'main', image: image('busybox:1'), command: ['sleep', '100000'] }] },
  };
}
