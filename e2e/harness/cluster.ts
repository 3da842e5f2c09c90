// A cluster for specs: testbed machines, a control plane, kubectl; and the machines joined through the API as the
// wizard does it.
import { mkdtemp, readFile } from 'node:fs/promises';
import type { Machine } from '../../src/shared/api/machine.ts';
import type { Pod } from '../../src/shared/api/kinds.ts';
import { downTestbed, upTestbed, type TestbedMachine, type TestbedStatus } from '../testbed/testbed.ts';
import { until } from '../testbed/wait.ts';
import { Kubectl } from './kubectl.ts';
import { ServeProcess } from './serve-process.ts';

export interface Cluster {
  testbed: TestbedStatus;
  serve: ServeProcess;
  kubectl: Kubectl;
  /** Full reference of a testbed image, e.g. `nginx:1.22`. */
  image(name: string): string;
  /** Replaces the control plane after a stop. */
  restarted(serve: ServeProcess): void;
  down(): Promise<void>;
}

/** Testbed machines and a fresh control plane; nothing joined yet. */
export async function upCluster(machines: number): Promise<Cluster> {
  // The machines' disks need a real file system, which /tmp may not be.
  const dir = await mkdtemp('/var/tmp/wheelhouse-e2e-');
  const testbed = await upTestbed({ machines, dir });
  try {
    const serve = await ServeProcess.start();
    const cluster: Cluster = {
      testbed,
      serve,
      kubectl: new Kubectl(serve.kubeconfig),
      image: (name) => `${testbed.registry}/${name}`,
      restarted: (next) => (cluster.serve = next),
      down: async () => {
        await cluster.serve.stop();
        await cluster.serve.removeData();
        await downTestbed(dir);
      },
    };
    return cluster;
  } catch (error) {
    await downTestbed(dir);
    throw error;
  }
}

/** Joins machines with the testbed's key and the host keys it reports, and waits until all are Ready. */
export async function joinMachines(cluster: Cluster, machines: readonly TestbedMachine[]): Promise<void> {
  const { kubectl } = cluster;
  const privateKey = await readFile(machines[0]?.identityFile ?? '', 'utf8');
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'testbed', namespace: 'kube-system' },
    type: 'wheelhouse.dev/ssh',
    stringData: { privateKey },
  };
  const objects = machines.map(({ name, address, hostKeySha256 }) => ({
    apiVersion: 'machines.wheelhouse.dev/v1alpha1',
    kind: 'Machine',
    metadata: { name },
    spec: { host: address, user: 'root', hostKeySha256, credentialRef: { namespace: 'kube-system', name: 'testbed' } },
  }));
  await kubectl.ok(
    ['apply', '-f', '-'],
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [secret, ...objects] }),
  );
  for (const { name } of machines) await machineReady(cluster, name);
}

/** Waits until a machine is Ready; fails at once, with what it said, when it cannot be. */
export async function machineReady({ kubectl }: Cluster, name: string): Promise<void> {
  await until(
    `machine ${name} to be Ready`,
    async () => {
      const machine = await kubectl.json<Machine>(['get', 'machine', name]);
      if (machine.status?.phase === 'Failed') throw new Error(JSON.stringify(machine.status));
      return machine.status?.phase === 'Ready';
    },
    { timeoutMs: 60_000, everyMs: 250 },
  );
}

/** The pods of a label selector, as kubectl has them. */
export async function podsOf({ kubectl }: Cluster, selector: string): Promise<Pod[]> {
  return (await kubectl.json<{ items: Pod[] }>(['get', 'pods', '-l', selector])).items;
}

/** Waits until a pod's first container satisfies a condition; says what it saw last when it never does. */
export async function podState(
  cluster: Cluster,
  name: string,
  what: string,
  holds: (pod: Pod) => boolean,
  timeoutMs = 90_000,
): Promise<Pod> {
  let last: Pod | undefined;
  try {
    return await until(
      what,
      async () => {
        last = await cluster.kubectl.json<Pod>(['get', 'pod', name]);
        return holds(last) ? last : undefined;
      },
      { timeoutMs, everyMs: 250 },
    );
  } catch (error) {
    throw new Error(`pod ${name}: ${what} never held; it was last ${JSON.stringify(last?.status)}`, { cause: error });
  }
}

export const restartsOf = (pod: Pod): number => pod.status?.containerStatuses?.[0]?.restartCount ?? 0;
export const waitingReason = (pod: Pod): string => pod.status?.containerStatuses?.[0]?.state?.waiting?.reason ?? '';
