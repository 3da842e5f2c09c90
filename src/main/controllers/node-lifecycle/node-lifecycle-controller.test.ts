import { describe, expect, test } from 'vitest';
import { LEASES, NODES, PODS, type Node, type Pod } from '../../../shared/api/kinds.ts';
import { nameOf } from '../../../shared/api/meta.ts';
import { aNode, aPod } from '../testing/builders.ts';
import { World } from '../testing/world.ts';
import { nodeLifecycleController } from './node-lifecycle-controller.ts';
import { NODE_LIFECYCLE_DEFAULTS } from './options.ts';
import { UNREACHABLE } from './taints.ts';

/** Ticks come from the test alone, but for the first. */
const OPTIONS = { ...NODE_LIFECYCLE_DEFAULTS, tickMs: 2 ** 31 - 1 };
const DEFAULT_TOLERATIONS = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
  { key: UNREACHABLE, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
];

/** Nodes whose kubelets can be silenced, and time that passes second by second. */
class Cluster {
  readonly world = new World();
  readonly silent = new Set<string>();
  readonly names: string[];
  #renewals = 0;
  #controller: ReturnType<typeof nodeLifecycleController> | undefined;

  constructor(...names: string[]) {
    this.names = names;
  }

  async start(nodes: Node[] = this.names.map((name) => aNode(name))): Promise<this> {
    for (const node of nodes) await this.world.client.create(NODES, node);
    await this.world.run((deps) => (this.#controller = nodeLifecycleController(deps, OPTIONS)));
    return this;
  }

  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      this.world.clock.advance(1000);
      if (second % 10 === 0) await this.#renew();
      await this.#controller?.tick();
      await this.settle();
    }
  }

  /** The lid is closed for so long: nothing runs, not even the clock's ticks. */
  sleep(seconds: number): void {
    this.world.clock.advance(seconds * 1000);
  }

  /** Lets the informers and the taint worker catch up. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  async #renew(): Promise<void> {
    this.#renewals += 1;
    for (const name of this.names) {
      if (this.silent.has(name)) continue;
      const lease = { metadata: { name, namespace: 'kube-node-lease' }, spec: { renewTime: String(this.#renewals) } };
      const known = this.world.informers.of(LEASES).get(`kube-node-lease/${name}`);
      if (known) await this.world.client.patch(LEASES, lease.metadata, { spec: lease.spec });
      else await this.world.client.create(LEASES, lease);
      const node = await this.world.client.get(NODES, name);
      const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
      // A kubelet that is heard again says that it is ready.
      if (ready && ready.status !== 'True') await this.#post(name);
    }
  }

  async #post(name: string): Promise<void> {
    const lastHeartbeatTime = new Date(this.world.clock.now()).toISOString();
    const conditions = [{ type: 'Ready', status: 'True', lastHeartbeatTime }];
    await this.world.client.patch(NODES, { name, subresource: 'status' }, { status: { conditions } }, 'strategic');
  }

  async ready(): Promise<Record<string, string | undefined>> {
    const nodes = await this.world.list(NODES);
    return Object.fromEntries(
      nodes.map((node) => [nameOf(node), node.status?.conditions?.find(({ type }) => type === 'Ready')?.status]),
    );
  }

  async taints(name: string): Promise<string[]> {
    const node = await this.world.client.get(NODES, name);
    return (node.spec?.taints ?? [])
      .map(({ key, effect }) => `${key.replace('node.kubernetes.io/', '')}:${effect}`)
      .sort();
  }

  async pods(): Promise<string[]> {
    return (await this.world.list(PODS))
      .filter((pod) => !pod.metadata?.deletionTimestamp)
      .map(nameOf)
      .sort();
  }
}

const onNode = (name: string, node: string): Pod => aPod({ name, node, readyAt: 0, tolerations: DEFAULT_TOLERATIONS });

describe('nodeLifecycleController', () => {
  test('a node that falls silent becomes Unknown after 50 s, is tainted, and loses its pods 300 s later', async () => {
    const cluster = await new Cluster('a', 'b', 'c').start();
    await cluster.world.client.create(PODS, onNode('on-a', 'a'));
    await cluster.world.client.create(PODS, onNode('on-b', 'b'));
    await cluster.pass(60);
    cluster.silent.add('a');
    await cluster.pass(45);
    expect(await cluster.ready()).toEqual({ a: 'True', b: 'True', c: 'True' });
    await cluster.pass(25);
    expect(await cluster.ready()).toEqual({ a: 'Unknown', b: 'True', c: 'True' });
    expect(await cluster.taints('a')).toEqual(['unreachable:NoExecute', 'unreachable:NoSchedule']);
    const pod = await cluster.world.client.get(PODS, 'on-a', 'default');
    expect(pod.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('False');
    await cluster.pass(270);
    expect(await cluster.pods()).toEqual(['on-a', 'on-b']);
    await cluster.pass(50);
    expect(await cluster.pods()).toEqual(['on-b']);
    const told = await cluster.world.events();
    expect(told).toContain('NodeNotReady Node a status is now: NodeNotReady');
    expect(told).toContain('TaintManagerEviction Marking for deletion Pod default/on-a');
    expect(told).toContain('RegisteredNode Node a event: Registered Node a in Controller');
  });

  test('a node that is heard again keeps its pods and loses its taints', async () => {
    const cluster = await new Cluster('a', 'b', 'c').start();
    await cluster.world.client.create(PODS, onNode('on-a', 'a'));
    await cluster.pass(60);
    cluster.silent.add('a');
    await cluster.pass(200);
    cluster.silent.clear();
    await cluster.pass(20);
    expect([await cluster.ready(), await cluster.taints('a')]).toEqual([{ a: 'True', b: 'True', c: 'True' }, []]);
    await cluster.pass(400);
    expect(await cluster.pods()).toEqual(['on-a']);
    expect(await cluster.world.events()).toContain('TaintManagerEviction Cancelling deletion of Pod default/on-a');
  });

  test('eight hours of sleep evict nothing and call nobody silent', async () => {
    const cluster = await new Cluster('a', 'b', 'c').start();
    await cluster.world.client.create(PODS, onNode('on-a', 'a'));
    await cluster.pass(60);
    cluster.sleep(8 * 3600);
    await cluster.pass(120);
    expect([await cluster.ready(), await cluster.pods()]).toEqual([{ a: 'True', b: 'True', c: 'True' }, ['on-a']]);
    expect(await cluster.world.events()).not.toContain('NodeNotReady Node a status is now: NodeNotReady');
  });

  test('falling asleep with an eviction running starts it over on waking', async () => {
    const cluster = await new Cluster('a', 'b', 'c').start();
    await cluster.world.client.create(PODS, onNode('on-a', 'a'));
    await cluster.pass(60);
    cluster.silent.add('a');
    await cluster.pass(250);
    cluster.sleep(8 * 3600);
    await cluster.pass(200);
    expect(await cluster.pods()).toEqual(['on-a']);
    await cluster.pass(200);
    expect(await cluster.pods()).toEqual([]);
  });

  test('when every node is gone nothing is evicted, and when one is back the others have their time again', async () => {
    const cluster = await new Cluster('a', 'b').start();
    await cluster.world.client.create(PODS, onNode('on-a', 'a'));
    await cluster.pass(60);
    for (const name of ['a', 'b']) cluster.silent.add(name);
    await cluster.pass(600);
    expect(await cluster.ready()).toEqual({ a: 'Unknown', b: 'Unknown' });
    expect((await cluster.taints('a')).filter((taint) => taint.endsWith('NoExecute'))).toEqual([]);
    expect(await cluster.pods()).toEqual(['on-a']);
    cluster.silent.delete('b');
    await cluster.pass(300);
    expect(await cluster.pods()).toEqual(['on-a']);
    await cluster.pass(120);
    expect(await cluster.pods()).toEqual([]);
  });

  test('a restart finds a node unreachable for an hour and gives it its time again', async () => {
    const taints = [{ key: UNREACHABLE, effect: 'NoExecute', timeAdded: '2025-12-31T23:00:00Z' }];
    const cluster = new Cluster('a', 'b', 'c');
    await cluster.world.client.create(PODS, aPod({ name: 'impatient', node: 'a' }));
    await cluster.start([aNode('a', 'Unknown', { spec: { taints } }), aNode('b'), aNode('c')]);
    await cluster.pass(45);
    expect(await cluster.pods()).toEqual(['impatient']);
    expect(await cluster.taints('a')).toEqual([]);
  });

  test('a taint set by hand evicts at once what does not tolerate it', async () => {
    const cluster = await new Cluster('a', 'b').start();
    await cluster.world.client.create(PODS, onNode('plain', 'a'));
    await cluster.world.client.create(
      PODS,
      aPod({ name: 'tolerant', node: 'a', tolerations: [{ operator: 'Exists' }] }),
    );
    await cluster.pass(2);
    await cluster.world.client.patch(
      NODES,
      { name: 'a' },
      { spec: { taints: [{ key: 'repair', effect: 'NoExecute' }] } },
    );
    await cluster.settle();
    await cluster.pass(1);
    expect(await cluster.pods()).toEqual(['tolerant']);
    const evicted = await cluster.world.client.get(PODS, 'plain', 'default');
    expect(evicted.status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'DisruptionTarget', status: 'True', reason: 'DeletionByTaintManager' }),
    );
  });

  test('cordoning taints, uncordoning takes the taint away', async () => {
    const cluster = await new Cluster('a').start();
    await cluster.world.client.patch(NODES, { name: 'a' }, { spec: { unschedulable: true } });
    await cluster.world.until(
      'the taint',
      () => cluster.taints('a'),
      (taints) => taints.includes('unschedulable:NoSchedule'),
    );
    await cluster.world.client.patch(NODES, { name: 'a' }, { spec: { unschedulable: null } });
    await cluster.world.until(
      'no taint',
      () => cluster.taints('a'),
      (taints) => taints.length === 0,
    );
  });
});
