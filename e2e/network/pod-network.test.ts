// Pods of three real machines talk to each other: with their own addresses, over tunnels that are mended, and only as
// far as NetworkPolicies allow. Every statement is real traffic between containers.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Node, Pod } from '../../src/shared/api/kinds.ts';
import { joinMachines, podsOf, upCluster, type Cluster } from '../harness/cluster.ts';
import { noKubectl } from '../harness/kubectl.ts';
import { restartDockerd } from '../testbed/faults.ts';
import { runIn } from '../testbed/machine.ts';
import type { TestbedMachine } from '../testbed/testbed.ts';
import { until } from '../testbed/wait.ts';

const why = process.env['WHEELHOUSE_NO_TESTBED'] ?? noKubectl;

describe.skipIf(why !== undefined)(`the pod network${why ? ` (skipped: ${why})` : ''}`, () => {
  let cluster: Cluster;
  const addresses = new Map<string, string>();

  beforeAll(async () => {
    cluster = await upCluster(3);
    await joinMachines(cluster, cluster.testbed.machines);
    await cluster.kubectl.ok(['create', 'namespace', 'other']);
    await apply(
      [
        server('web-1', 'wh-1'),
        server('web-2', 'wh-2'),
        client('near', 'wh-2', 'default', { role: 'near' }),
        client('far', 'wh-3', 'default', { role: 'far' }),
        client('guest', 'wh-3', 'other', { role: 'far' }),
      ].map((pod) => pod(cluster)),
    );
    let pods: Pod[] = [];
    await until(
      'all pods to be ready',
      async () => {
        pods = [...(await podsOf(cluster, 'net=test')), ...(await podsIn('other'))];
        for (const pod of pods) addresses.set(pod.metadata?.name ?? '', pod.status?.podIP ?? '');
        return pods.length === 5 && pods.every((pod) => pod.status?.containerStatuses?.every(({ ready }) => ready));
      },
      { timeoutMs: 120_000, everyMs: 250 },
    ).catch((error: unknown) => {
      throw new Error(JSON.stringify(pods.map(({ metadata, status }) => [metadata?.name, status])), { cause: error });
    });
  });
  afterAll(() => cluster?.down());

  const podsIn = async (namespace: string): Promise<Pod[]> =>
    (await cluster.kubectl.json<{ items: Pod[] }>(['get', 'pods', '-n', namespace])).items;
  const apply = (objects: object[]): Promise<string> =>
    cluster.kubectl.ok(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  const machine = (name: string): TestbedMachine => {
    const found = cluster.testbed.machines.find((each) => each.name === name);
    if (!found) throw new Error(`no machine ${name}`);
    return found;
  };
  const addressOf = (pod: string): string => addresses.get(pod) ?? '';

  /** Whether a pod gets nginx's page from another. busybox's wget ends with 139 when given -T, so it is timed from outside. */
  async function fetches(from: string, to: string, { port = 80, namespace = 'default' } = {}): Promise<boolean> {
    const command = ['timeout', '2', 'wget', '-qO-', `http://${to}:${port}/`];
    const { stdout } = await cluster.kubectl.run(['exec', '-n', namespace, from, '--', ...command]);
    return stdout.includes('nginx');
  }
  const comesTrue = (what: string, probe: () => Promise<boolean>): Promise<unknown> =>
    until(what, probe, { timeoutMs: 40_000, everyMs: 250 });

  test('reaches pods of the same machine and of others', async () => {
    expect(await fetches('near', addressOf('web-2'))).toBe(true);
    expect(await fetches('near', addressOf('web-1'))).toBe(true);
    expect(await fetches('far', addressOf('web-1'))).toBe(true);
  });

  test('and each sees the other’s own address', async () => {
    await fetches('far', addressOf('web-1'));
    expect(await cluster.kubectl.ok(['logs', 'web-1'])).toContain(`${addressOf('far')} - - `);
  });

  test('carries packets as large as a pod may send', async () => {
    // 1,450 bytes with the headers of IP and ICMP: whole through the tunnel, without being cut up.
    const ping = ['exec', 'far', '--', 'ping', '-c', '1', '-W', '2', '-s', '1422', addressOf('web-1')];
    expect((await cluster.kubectl.run(ping)).code).toBe(0);
  });

  test.each([
    ['the tunnel is deleted', ['ip', 'link', 'delete', 'wh-vxlan']],
    ['routes are flushed', ['ip', 'route', 'flush', 'proto', '87']],
    ['the firewall is flushed', ['nft', 'flush', 'ruleset']],
  ])('is mended when %s', async (_what, command) => {
    await runIn(machine('wh-3'), command);
    await comesTrue('pods of wh-3 to reach wh-1 again', () => fetches('far', addressOf('web-1')));
  });

  test('comes back after a restart of Docker', async () => {
    await restartDockerd(machine('wh-3'));
    await comesTrue('the pod of wh-3 to run and reach wh-1 again', () => fetches('far', addressOf('web-1')));
  });

  describe('under NetworkPolicies', () => {
    const policy = (name: string, spec: object): object => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name },
      spec,
    });
    const remove = (name: string): Promise<string> => cluster.kubectl.ok(['delete', 'networkpolicy', name]);

    test('a default deny closes, and what another allows is open', async () => {
      await apply([policy('deny', { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Ingress'] })]);
      await comesTrue('web-1 to be closed', async () => !(await fetches('far', addressOf('web-1'))));
      expect(await fetches('near', addressOf('web-2'))).toBe(false);

      const from = [{ podSelector: { matchLabels: { role: 'far' } } }];
      const ports = [{ protocol: 'TCP', port: 'http' }];
      await apply([policy('allow-far', { podSelector: { matchLabels: { app: 'web' } }, ingress: [{ from, ports }] })]);
      await comesTrue('web-1 to be open to far', () => fetches('far', addressOf('web-1')));
      // The same labels in another namespace are another pod; the same namespace with other labels too.
      expect(await fetches('guest', addressOf('web-1'), { namespace: 'other' })).toBe(false);
      expect(await fetches('near', addressOf('web-1'))).toBe(false);
      await remove('allow-far');
    });

    test('a namespace can be let in, and an address range with a hole', async () => {
      const byNamespace = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'other' } } };
      const range = {
        ipBlock: { cidr: '10.244.0.0/16', except: [`${addressOf('far')}/32`, `${addressOf('guest')}/32`] },
      };
      const open = (name: string, from: object): object =>
        policy(name, { podSelector: { matchLabels: { app: 'web' } }, ingress: [{ from: [from] }] });
      await apply([open('namespace', byNamespace)]);
      await comesTrue('guest to be let in', () => fetches('guest', addressOf('web-1'), { namespace: 'other' }));
      expect(await fetches('far', addressOf('web-1'))).toBe(false);
      await remove('namespace');
      await apply([open('range', range)]);
      await comesTrue('near to be let in', () => fetches('near', addressOf('web-1')));
      expect(await fetches('far', addressOf('web-1'))).toBe(false);
      await remove('range');
      await remove('deny');
    });

    test('what a pod may send is decided where it runs', async () => {
      const to = [{ podSelector: { matchLabels: { name: 'web-1' } } }];
      await apply([
        policy('out', { podSelector: { matchLabels: { role: 'far' } }, policyTypes: ['Egress'], egress: [{ to }] }),
      ]);
      await comesTrue('far to be kept from web-2', async () => !(await fetches('far', addressOf('web-2'))));
      expect(await fetches('far', addressOf('web-1'))).toBe(true);
      await remove('out');
      await comesTrue('far to reach web-2 again', () => fetches('far', addressOf('web-2')));
    });

    test('probes of the node are let in whatever the policies say', async () => {
      await apply([policy('deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] })]);
      await comesTrue('web-1 to be closed', async () => !(await fetches('near', addressOf('web-1'))));
      const pods = await podsOf(cluster, 'app=web');
      expect(pods.every((pod) => pod.status?.containerStatuses?.every(({ ready }) => ready))).toBe(true);
      await remove('deny');
    });
  });

  test('a machine that is removed is forgotten by the others', async () => {
    await cluster.kubectl.ok(['delete', 'machine', 'wh-3', '--wait=true', '--timeout=60s']);
    const gone = (await cluster.kubectl.json<{ items: Node[] }>(['get', 'nodes'])).items;
    expect(gone.map(({ metadata }) => metadata?.name).sort()).toEqual(['wh-1', 'wh-2']);
    await comesTrue('wh-1 to have one route', async () => {
      const routes = await runIn(machine('wh-1'), ['ip', 'route', 'show', 'proto', '87']);
      return routes.trim().split('\n').length === 1;
    });
    expect(await runIn(machine('wh-3'), ['ip', '-o', 'link', 'show'])).not.toContain('wh-vxlan');
    expect(await runIn(machine('wh-3'), ['ip', 'route', 'show'])).not.toContain('10.244.');
  });
});

type PodOf = (cluster: Cluster) => object;

const server =
  (name: string, node: string): PodOf =>
  (cluster) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { net: 'test', app: 'web', name } },
    spec: {
      nodeName: node,
      containers: [
        {
          name: 'nginx',
          image: cluster.image('nginx:1.22'),
          ports: [{ name: 'http', containerPort: 80 }],
          readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 1 },
        },
      ],
    },
  });

const client =
  (name: string, node: string, namespace: string, labels: Record<string, string>): PodOf =>
  (cluster) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { net: 'test', ...labels } },
    spec: {
      nodeName: node,
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'main', image: cluster.image('busybox:1'), command: ['sleep', '100000'] }],
    },
  });
