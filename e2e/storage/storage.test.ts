// Storage on real machines: claims, directories of nodes, parts of volumes, and what is left when pods are gone.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AGENT_CONTAINER } from '../../src/shared/agent-config.ts';
import type { Event, PersistentVolume, PersistentVolumeClaim, Pod } from '../../src/shared/api/kinds.ts';
import { joinMachines, podsOf, upCluster, type Cluster } from '../harness/cluster.ts';
import { noKubectl } from '../harness/kubectl.ts';
import { execIn, runIn } from '../testbed/machine.ts';
import type { TestbedMachine } from '../testbed/testbed.ts';
import { until } from '../testbed/wait.ts';

const why = process.env['WHEELHOUSE_NO_TESTBED'] ?? noKubectl;
const CHURN = 100;
const FOREVER = 'trap "exit 0" TERM; sleep 100000 & wait';

describe.skipIf(why !== undefined)(`storage${why ? ` (skipped: ${why})` : ''}`, () => {
  let cluster: Cluster;
  let busybox: string;

  beforeAll(async () => {
    cluster = await upCluster(2);
    busybox = cluster.image('busybox:1');
    await joinMachines(cluster, cluster.testbed.machines);
  });
  afterAll(() => cluster?.down());

  const machine = (name: string): TestbedMachine => {
    const found = cluster.testbed.machines.find((each) => each.name === name);
    if (!found) throw new Error(`there is no machine ${name}`);
    return found;
  };
  const apply = (...items: object[]): Promise<string> =>
    cluster.kubectl.ok(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  const claim = (name: string): object => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '10Mi' } } },
  });
  const podSpec = (script: string, volumes: object[], mount: object = {}): object => ({
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: 'app',
        image: busybox,
        command: ['sh', '-c', script],
        volumeMounts: [{ name: 'v', mountPath: '/v', ...mount }],
      },
    ],
    volumes,
  });
  const pod = (name: string, spec: object): object => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec });
  const holds = (what: string, probe: () => Promise<unknown>, timeoutMs = 90_000): Promise<unknown> =>
    until(what, probe, { timeoutMs, everyMs: 200 });
  const get = <T>(kind: string, name: string): Promise<T> => cluster.kubectl.json<T>(['get', kind, name]);
  const running = (name: string): Promise<unknown> =>
    holds(`${name} to run`, async () => (await get<Pod>('pod', name)).status?.containerStatuses?.[0]?.state?.running);
  const told = (name: string, text: string): Promise<unknown> =>
    holds(`${name} to be told: ${text}`, async () => {
      const { items } = await cluster.kubectl.json<{ items: Event[] }>(['get', 'events']);
      return items.some(({ involvedObject, message }) => involvedObject.name === name && message?.includes(text));
    });
  const exec = (name: string, script: string): Promise<string> =>
    cluster.kubectl.ok(['exec', name, '--', 'sh', '-c', script]);
  const remove = (...args: string[]): Promise<string> => cluster.kubectl.ok(['delete', '--wait=true', ...args]);
  const directories = async (name: string): Promise<string[]> => {
    const { stdout } = await execIn(machine(name), ['ls', '/var/lib/wheelhouse/volumes']);
    return stdout.split('\n').filter(Boolean);
  };

  test('a claim waits for its pod, is made where that runs, keeps its data over pods and agents, and goes with it', async () => {
    await apply(claim('data'));
    await told('data', 'waiting for first consumer to be created before binding');
    const spec = podSpec(`echo once >> /v/log; ${FOREVER}`, [
      { name: 'v', persistentVolumeClaim: { claimName: 'data' } },
    ]);
    await apply({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'writer' },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'writer' } },
        template: {
          metadata: { labels: { app: 'writer' } },
          spec: { ...spec, nodeSelector: { 'kubernetes.io/hostname': 'wh-2' } },
        },
      },
    });
    const current = async (): Promise<string | undefined> =>
      (await podsOf(cluster, 'app=writer')).find(
        ({ metadata, status }) => !metadata?.deletionTimestamp && status?.containerStatuses?.[0]?.state?.running,
      )?.metadata?.name;
    const first = String(await holds('the writer to run', current));
    const { spec: bound, status } = await get<PersistentVolumeClaim>('pvc', 'data');
    expect([bound?.storageClassName, status?.phase]).toEqual(['local-path', 'Bound']);
    const volume = await get<PersistentVolume>('pv', bound?.volumeName ?? '');
    expect(volume.status?.phase).toBe('Bound');
    expect(await directories('wh-2')).toEqual([volume.spec?.local?.path.split('/').at(-1)]);
    expect(await directories('wh-1')).toEqual([]);

    await remove('pod', first);
    const second = String(
      await holds('another writer to run', async () => {
        const name = await current();
        return name === first ? undefined : name;
      }),
    );
    expect(await exec(second, 'cat /v/log')).toBe('once\nonce\n');
    await runIn(machine('wh-2'), ['docker', 'restart', '-t', '5', AGENT_CONTAINER]);
    await holds('the agent to answer', async () => (await exec(second, 'cat /v/log')) === 'once\nonce\n');
    expect((await get<Pod>('pod', second)).status?.containerStatuses?.[0]?.restartCount).toBe(0);

    // In use, it stays although it is to go.
    await cluster.kubectl.ok(['delete', '--wait=false', 'pvc', 'data']);
    expect((await get<PersistentVolumeClaim>('pvc', 'data')).metadata?.deletionTimestamp).toBeDefined();
    await remove('deployment', 'writer');
    await holds(
      'the volume to be gone',
      async () => (await cluster.kubectl.json<{ items: unknown[] }>(['get', 'pv'])).items.length === 0,
    );
    expect(await directories('wh-2')).toEqual([]);
  });

  test('an ephemeral volume comes and goes with its pod', async () => {
    const volumeClaimTemplate = {
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '10Mi' } } },
    };
    await apply(pod('scratch', podSpec(FOREVER, [{ name: 'v', ephemeral: { volumeClaimTemplate } }])));
    await running('scratch');
    await exec('scratch', 'echo x > /v/x');
    await remove('pod', 'scratch');
    await holds(
      'its claim to be gone',
      async () => (await cluster.kubectl.json<{ items: unknown[] }>(['get', 'pvc'])).items.length === 0,
    );
  });

  test('a missing ConfigMap is told, and its files are there when it is', async () => {
    await apply(pod('waiting', podSpec(FOREVER, [{ name: 'v', configMap: { name: 'later' } }])));
    await told('waiting', 'MountVolume.SetUp failed for volume "v" : configmap "later" not found');
    await apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'later' }, data: { key: 'one' } });
    await running('waiting');
    expect(await exec('waiting', 'cat /v/key')).toBe('one');
    await apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'later' }, data: { key: 'two' } });
    await holds('the change', async () => (await exec('waiting', 'cat /v/key')) === 'two', 150_000);
    await remove('pod', 'waiting');
  });

  test('a part of a volume is what it says, and a link out of the volume is refused', async () => {
    const withInit = (name: string, script: string, subPath: string): object => {
      const spec = podSpec(FOREVER, [{ name: 'v', emptyDir: {} }], { subPath }) as { containers: object[] };
      const [app] = spec.containers;
      const init = {
        ...app,
        name: 'init',
        command: ['sh', '-c', script],
        volumeMounts: [{ name: 'v', mountPath: '/v' }],
      };
      return pod(name, { ...spec, initContainers: [init] });
    };
    await apply(
      withInit('honest', 'mkdir -p /v/a/b; echo inside > /v/a/b/file; ln -s a/b /v/link', 'link/file'),
      withInit('thief', 'ln -s /etc /v/link', 'link/shadow'),
      withInit('climber', 'ln -s ../../../../../../../etc /v/link', 'link/shadow'),
    );
    await running('honest');
    expect(await exec('honest', 'cat /v')).toBe('inside\n');
    for (const name of ['thief', 'climber']) {
      await holds(`${name} to be refused`, async () => {
        const waiting = (await get<Pod>('pod', name)).status?.containerStatuses?.[0]?.state?.waiting;
        return (
          waiting?.reason === 'CreateContainerConfigError' &&
          waiting.message === 'failed to prepare subPath for volumeMount "v" of container "app"'
        );
      });
    }
    await remove('pod', 'honest', 'thief', 'climber');
  });

  test('memory has its limit, and a driver that is not there is named', async () => {
    const csi = { driver: 'disks.example.com' };
    await apply(
      pod('memory', podSpec(FOREVER, [{ name: 'v', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } }])),
      pod('driven', podSpec(FOREVER, [{ name: 'v', csi }])),
    );
    await running('memory');
    const written = await cluster.kubectl.run([
      'exec',
      'memory',
      '--',
      'dd',
      'if=/dev/zero',
      'of=/v/big',
      'bs=64k',
      'count=64',
    ]);
    expect(written.stderr).toContain('No space left on device');
    await told('driven', 'driver name disks.example.com not found in the list of registered CSI drivers');
    await remove('pod', 'memory', 'driven');
  });

  test(`${CHURN} pods leave no mount and no file behind`, async () => {
    const names = Array.from({ length: CHURN }, (_, index) => `churn-${index}`);
    const each = (name: string, index: number): object =>
      pod(name, {
        ...podSpec('true', [{ name: 'v', emptyDir: index % 2 ? { medium: 'Memory' } : {} }], { subPath: 'part' }),
        nodeName: 'wh-1',
        restartPolicy: 'Never',
      });
    for (let from = 0; from < CHURN; from += 20) {
      const some = names.slice(from, from + 20);
      await apply(...some.map((name, index) => each(name, index)));
      await holds('them to end', async () => {
        const { items } = await cluster.kubectl.json<{ items: Pod[] }>(['get', 'pods']);
        return items.filter(({ status }) => status?.phase === 'Succeeded').length === some.length;
      });
      await remove('pod', ...some);
    }
    const left = await runIn(machine('wh-1'), [
      'sh',
      '-c',
      'ls /var/lib/wheelhouse/pods; grep /var/lib/wheelhouse/pods/ /proc/1/mountinfo || true',
    ]);
    expect(left.trim()).toBe('');
  });
});
