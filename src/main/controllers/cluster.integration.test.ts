import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEPLOYMENTS, NAMESPACES, PODS, REPLICA_SETS, SERVICE_ACCOUNTS, type Pod } from '../../shared/api/kinds.ts';
import { ApiClient } from '../../shared/client/api-client.ts';
import { SharedInformers } from '../../shared/client/shared-informers.ts';
import { messageOf } from '../../shared/api/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { authorityServices, MASTERS_GROUP } from '../apiserver/index.ts';
import { startTestServer, type TestServer } from '../apiserver/testing/test-server.ts';
import { startScheduler } from '../scheduler/index.ts';
import { Simulator } from '../simulator/simulator.ts';
import { startControllers } from './index.ts';
import { NO_NODE_VOLUMES } from './testing/node-volumes.ts';

const KUBECTL = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((directory) => join(directory, 'kubectl'))
  .find((path) => existsSync(path));

const MANIFEST = (image: string, replicas: number): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: ${String(replicas)}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: "${image}", resources: {requests: {cpu: 100m}}}]
`;

/** Real server, store, controllers and scheduler; simulated machines; the real kubectl as judge. */
describe.skipIf(!KUBECTL)(`a cluster, by kubectl${KUBECTL ? '' : ' (skipped: no kubectl in PATH)'}`, () => {
  let api: TestServer;
  let home: string;
  const warnings: string[] = [];
  const stops: (() => Promise<void> | void)[] = [];

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'wheelhouse-cluster-'));
    api = await startTestServer();
    const ignore = (): void => undefined;
    const warn = (fields: object, message: string): void => void warnings.push(`${message} ${JSON.stringify(fields)}`);
    const log: Logger = { debug: ignore, info: ignore, warn, error: warn };
    const clock = { now: () => Date.now() };
    const client = (name: string): ApiClient =>
      new ApiClient(api.server.inProcess({ name: `system:${name}`, groups: [MASTERS_GROUP] }), name);
    const informers = new SharedInformers(client('informers'), (error) => warnings.push(messageOf(error)));
    const simulator = new Simulator({ client: client('simulator'), clock, log, version: 'v1.34.0' });
    await simulator.start();
    await simulator.setCount(3);
    const scheduler = await startScheduler({
      client: client('default-scheduler'),
      informers,
      clock,
      random: Math.random,
      log,
    });
    const credentials = authorityServices(api.pki);
    const controllers = await startControllers({
      client,
      informers,
      credentials,
      nodeVolumes: NO_NODE_VOLUMES,
      clock,
      log,
    });
    stops.push(
      () => controllers.stop(),
      () => scheduler.stop(),
      () => informers.stop(),
      () => simulator.stop(),
      () => api.close(),
      () => rm(home, { recursive: true, force: true }),
    );
  });
  afterAll(async () => {
    for (const stop of stops) await stop();
  });

  const kubectl = async (...args: string[]): Promise<string> => {
    const env = { ...process.env, KUBECONFIG: api.kubeconfig, HOME: home };
    const all = [...args, '--cache-dir', join(home, 'cache'), '--request-timeout', '60s'];
    return new Promise((resolve, reject) => {
      execFile(KUBECTL ?? '', all, { env }, (error, out, err) =>
        error ? reject(new Error(`kubectl ${args.join(' ')}: ${err || error.message}`)) : resolve(out),
      );
    });
  };
  const apply = async (manifest: string): Promise<string> => {
    const path = join(home, 'manifest.yaml');
    await writeFile(path, manifest);
    return kubectl('apply', '-f', path);
  };
  const until = async <T>(what: string, ask: () => Promise<T>, good: (answer: T) => boolean): Promise<T> => {
    const end = Date.now() + 60_000;
    let last = await ask();
    while (!good(last)) {
      if (Date.now() > end)
        throw new Error(
          `waited in vain for ${what}; last seen: ${JSON.stringify(last).slice(0, 3000)}; ${warnings.slice(-5).join('\n')}`,
        );
      await new Promise((resolve) => setTimeout(resolve, 20));
      last = await ask();
    }
    return last;
  };
  const pods = async (): Promise<Pod[]> => (await api.client.list(PODS, { namespace: 'default' })).items;

  test('a Deployment rolls out over the nodes', async () => {
    await apply(MANIFEST('web:1', 6));
    expect(await kubectl('rollout', 'status', 'deploy/web', '--timeout=60s')).toContain(
      'deployment "web" successfully rolled out',
    );
    const nodes = (await pods()).map((pod) => pod.spec?.nodeName);
    expect(new Set(nodes).size).toBe(3);
    expect(await kubectl('get', 'deploy', 'web', '--no-headers')).toMatch(/^web\s+6\/6\s+6\s+6\s/);
    const described = await kubectl('describe', 'deploy', 'web');
    expect(described).toMatch(/Available\s+True\s+MinimumReplicasAvailable/);
    expect(described).toMatch(/Progressing\s+True\s+NewReplicaSetAvailable/);
    expect(described).toMatch(
      /Normal\s+ScalingReplicaSet\s.*deployment-controller\s+Scaled up replica set web-\w+ from 0 to 6/,
    );
  });

  test('rollout history, undo, restart, pause and resume work', async () => {
    await kubectl('set', 'image', 'deploy/web', 'web=web:2');
    await kubectl('rollout', 'status', 'deploy/web', '--timeout=60s');
    expect((await kubectl('rollout', 'history', 'deploy/web')).trim().split('\n').slice(-2)).toEqual([
      '1         <none>',
      '2         <none>',
    ]);
    expect(await kubectl('rollout', 'history', 'deploy/web', '--revision=1')).toContain('web:1');
    await kubectl('rollout', 'undo', 'deploy/web');
    await kubectl('rollout', 'status', 'deploy/web', '--timeout=60s');
    expect(
      (await pods()).filter((pod) => !pod.metadata?.deletionTimestamp).map((pod) => pod.spec?.containers[0]?.image),
    ).toEqual(Array.from({ length: 6 }, () => 'web:1'));
    await kubectl('rollout', 'restart', 'deploy/web');
    await kubectl('rollout', 'status', 'deploy/web', '--timeout=60s');
    await kubectl('rollout', 'pause', 'deploy/web');
    await kubectl('set', 'image', 'deploy/web', 'web=web:3');
    await kubectl('scale', 'deploy/web', '--replicas=4');
    const paused = await until(
      'the paused Deployment at four',
      () => api.client.get(DEPLOYMENTS, 'web', 'default'),
      ({ status }) => status?.replicas === 4,
    );
    expect(paused.status?.conditions?.find(({ type }) => type === 'Progressing')?.reason).toBe('DeploymentPaused');
    await kubectl('rollout', 'resume', 'deploy/web');
    await kubectl('rollout', 'status', 'deploy/web', '--timeout=60s');
    const images = async (): Promise<string> =>
      (await pods())
        .filter((pod) => !pod.metadata?.deletionTimestamp)
        .map((pod) => pod.spec?.containers[0]?.image)
        .join();
    expect(await images()).toBe('web:3,web:3,web:3,web:3');
  });

  test('a pod that fits nowhere says why, and is placed when it can be', async () => {
    await kubectl(
      'run',
      'large',
      '--image=web:1',
      '--overrides',
      JSON.stringify({ spec: { nodeSelector: { disk: 'ssd' } } }),
    );
    const message =
      "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.";
    await until(
      'the event',
      () => kubectl('describe', 'pod', 'large'),
      (text) => text.includes(message),
    );
    const node = (await kubectl('get', 'nodes', '-o', 'name')).split('\n')[0] ?? '';
    await kubectl('label', node, 'disk=ssd');
    await kubectl('wait', '--for=condition=Ready', 'pod/large', '--timeout=60s');
    await kubectl('delete', 'pod', 'large', '--now');
  });

  test('draining a node moves its pods and puts none there', async () => {
    const node = (await pods())[0]?.spec?.nodeName ?? '';
    await kubectl('drain', node, '--ignore-daemonsets', '--force', '--timeout=60s');
    await until(
      'four ready pods elsewhere',
      pods,
      (all) =>
        all.filter(
          (pod) =>
            pod.spec?.nodeName !== node &&
            pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
        ).length === 4,
    );
    expect(await kubectl('get', 'node', node, '--no-headers')).toContain('Ready,SchedulingDisabled');
    await until(
      'the taint',
      () => kubectl('describe', 'node', node),
      (text) => text.includes('node.kubernetes.io/unschedulable:NoSchedule'),
    );
    await kubectl('uncordon', node);
  });

  test('deleting in the foreground ends with everything gone, orphaning leaves the ReplicaSets', async () => {
    await kubectl('delete', 'deploy', 'web', '--cascade=orphan');
    const sets = (await api.client.list(REPLICA_SETS, { namespace: 'default' })).items;
    expect(sets.length).toBeGreaterThan(0);
    expect(sets.flatMap(({ metadata }) => metadata?.ownerReferences ?? [])).toEqual([]);
    await apply(MANIFEST('web:3', 4));
    await kubectl('rollout', 'status', 'deploy/web', '--timeout=60s');
    const adopted = (await api.client.list(REPLICA_SETS, { namespace: 'default' })).items;
    expect(adopted.every(({ metadata }) => metadata?.ownerReferences?.[0]?.name === 'web')).toBe(true);
    await kubectl('delete', 'deploy', 'web', '--cascade=foreground', '--timeout=60s');
    expect(await pods()).toEqual([]);
    expect((await api.client.list(REPLICA_SETS, { namespace: 'default' })).items).toEqual([]);
  });

  test('a namespace has its ServiceAccount, and goes with all that is in it', async () => {
    await kubectl('create', 'namespace', 'team');
    await until(
      'the ServiceAccount',
      () => api.client.list(SERVICE_ACCOUNTS, { namespace: 'team' }),
      ({ items }) => items.some(({ metadata }) => metadata?.name === 'default'),
    );
    await kubectl('create', 'deploy', 'web', '--image=web:1', '--replicas=3', '-n', 'team');
    await kubectl('create', 'configmap', 'm', '--from-literal=a=b', '-n', 'team');
    await kubectl('rollout', 'status', 'deploy/web', '-n', 'team', '--timeout=60s');
    await kubectl('delete', 'namespace', 'team', '--timeout=60s');
    expect((await api.client.list(NAMESPACES)).items.map(({ metadata }) => metadata?.name)).not.toContain('team');
    expect((await api.client.list(PODS)).items.filter(({ metadata }) => metadata?.namespace === 'team')).toEqual([]);
  });

  test('nothing went wrong on the way', () => {
    expect([warnings, api.errors]).toEqual([[], []]);
  });
});
