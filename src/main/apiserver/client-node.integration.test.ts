// @kubernetes/client-node, unchanged, as anybody's program would use it.
import {
  AppsV1Api,
  CoordinationV1Api,
  CoreV1Api,
  CustomObjectsApi,
  Exec,
  KubeConfig,
  KubernetesObjectApi,
  makeInformer,
  PatchStrategy,
  PortForward,
  setHeaderOptions,
  V1MicroTime,
  Watch,
  type V1ConfigMap,
} from '@kubernetes/client-node';
import { createServer, type AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CONFIG_MAPS, NODES, PODS, type Node, type Pod } from '../../shared/api/kinds.ts';
import { startFakeKubelet, type FakeKubelet } from './testing/fake-kubelet.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

let api: TestServer;
let kubelet: FakeKubelet;
let config: KubeConfig;
beforeAll(async () => {
  kubelet = await startFakeKubelet();
  api = await startTestServer({ dialNode: kubelet.dial });
  config = new KubeConfig();
  config.loadFromFile(api.kubeconfig);
});
afterAll(async () => {
  expect(api.errors).toEqual([]);
  await api.close();
  await kubelet.close();
});

const namespace = 'default';
const MAPS = `/api/v1/namespaces/${namespace}/configmaps`;

test('a kubeconfig with the token of an account has its rights', async () => {
  const core = config.makeApiClient(CoreV1Api);
  await core.createNamespacedServiceAccount({ namespace, body: { metadata: { name: 'robot' } } });
  const { status } = await core.createNamespacedServiceAccountToken({
    name: 'robot',
    namespace,
    body: { spec: { audiences: [], expirationSeconds: 3600 } },
  });
  const robot = new KubeConfig();
  const cluster = config.getCurrentCluster();
  robot.loadFromClusterAndUser(cluster ?? { name: '', server: '', skipTLSVerify: false }, {
    name: 'robot',
    token: status?.token ?? '',
  });
  await expect(robot.makeApiClient(CoreV1Api).listNamespacedSecret({ namespace })).rejects.toMatchObject({ code: 403 });
});

test('a custom resource is defined, written, read and listed', async () => {
  const objects = KubernetesObjectApi.makeApiClient(config);
  await objects.create({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'boats.example.org' },
    spec: {
      group: 'example.org',
      scope: 'Namespaced',
      names: { plural: 'boats', kind: 'Boat' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: { spec: { type: 'object', properties: { sails: { type: 'integer' } } } },
            },
          },
        },
      ],
    },
  } as Parameters<typeof objects.create>[0]);
  const custom = config.makeApiClient(CustomObjectsApi);
  const boats = { group: 'example.org', version: 'v1', namespace, plural: 'boats' };
  await expect
    .poll(() =>
      custom.listNamespacedCustomObject(boats).then(
        () => 'served',
        () => 'not yet',
      ),
    )
    .toBe('served');
  await custom.createNamespacedCustomObject({
    ...boats,
    body: { apiVersion: 'example.org/v1', kind: 'Boat', metadata: { name: 'b' }, spec: { sails: 2 } },
  });
  expect(await custom.getNamespacedCustomObject({ ...boats, name: 'b' })).toMatchObject({ spec: { sails: 2 } });
});

test('server-side apply owns what it applies, and is told of conflicts', async () => {
  const apps = config.makeApiClient(AppsV1Api);
  const body = (replicas: number): object => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'applied' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'a' } },
      template: { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'a', image: 'a' }] } },
    },
  });
  const apply = (fieldManager: string, replicas: number, force: boolean): Promise<unknown> =>
    apps.patchNamespacedDeployment(
      { name: 'applied', namespace, fieldManager, force, body: body(replicas) },
      setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply),
    );
  await apply('one', 1, false);
  await expect(apply('two', 2, false)).rejects.toMatchObject({ code: 409 });
  expect(await apply('two', 2, true)).toMatchObject({ spec: { replicas: 2 } });
});

test('a watch goes on where another ended, with nothing lost between', async () => {
  const created = await api.client.create(CONFIG_MAPS, { metadata: { name: 'w0', namespace } });
  const seen: string[] = [];
  const watchFrom = (resourceVersion: string): Promise<AbortController> =>
    new Watch(config).watch(
      MAPS,
      { resourceVersion },
      (type: string, object: V1ConfigMap) => {
        seen.push(`${type} ${object.metadata?.name ?? ''}`);
        last = object.metadata?.resourceVersion ?? last;
      },
      () => undefined,
    );
  let last = created.metadata?.resourceVersion ?? '';
  const first = await watchFrom(last);
  await api.client.create(CONFIG_MAPS, { metadata: { name: 'w1', namespace } });
  await expect.poll(() => seen).toEqual(['ADDED w1']);
  first.abort();
  await api.client.create(CONFIG_MAPS, { metadata: { name: 'w2', namespace } });
  const second = await watchFrom(last);
  await expect.poll(() => seen).toEqual(['ADDED w1', 'ADDED w2']);
  second.abort();
});

test('an informer of a namespace has what there is, and follows', async () => {
  const core = config.makeApiClient(CoreV1Api);
  const informer = makeInformer<V1ConfigMap>(config, MAPS, () => core.listNamespacedConfigMap({ namespace }));
  const names: string[] = [];
  for (const event of ['add', 'update', 'delete'] as const)
    informer.on(event, (object) => {
      if (object.metadata?.name === 'followed') names.push(event);
    });
  await informer.start();
  await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'followed' } } });
  await expect.poll(() => names).toEqual(['add']);
  await core.patchNamespacedConfigMap(
    { name: 'followed', namespace, body: { data: { a: 'b' } } },
    setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
  );
  await core.deleteNamespacedConfigMap({ name: 'followed', namespace });
  await expect.poll(() => names).toEqual(['add', 'update', 'delete']);
  await informer.stop();
});

test('of several that want a Lease one has it, and another only after it is let go', async () => {
  const coordination = config.makeApiClient(CoordinationV1Api);
  const lease = { name: 'leader', namespace };
  const create = (holderIdentity: string): Promise<string> =>
    coordination
      .createNamespacedLease({
        namespace,
        body: { metadata: lease, spec: { holderIdentity, leaseDurationSeconds: 15, renewTime: new V1MicroTime() } },
      })
      .then(
        () => holderIdentity,
        () => '',
      );
  const winners = (await Promise.all(['a', 'b', 'c'].map(create))).filter((name) => name !== '');
  expect(winners.length).toBe(1);
  const held = await coordination.readNamespacedLease(lease);
  // Two take over from what they both read: the resourceVersion lets one.
  const take = (holderIdentity: string): Promise<string> =>
    coordination.replaceNamespacedLease({ ...lease, body: { ...held, spec: { ...held.spec, holderIdentity } } }).then(
      () => holderIdentity,
      () => '',
    );
  const takers = (await Promise.all(['d', 'e'].map(take))).filter((name) => name !== '');
  expect(takers.length).toBe(1);
  expect((await coordination.readNamespacedLease(lease)).spec?.holderIdentity).toBe(takers[0]);
});

test('commands run and ports are forwarded', async () => {
  await api.client.create(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } } as Node);
  const pod = (await api.client.create(PODS, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'shell', namespace },
    spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i' }] },
  } as Pod)) as Pod;
  await api.client.updateStatus(PODS, {
    ...pod,
    status: {
      phase: 'Running',
      containerStatuses: [
        {
          name: 'c',
          ready: true,
          restartCount: 0,
          image: 'i',
          imageID: '',
          state: { running: { startedAt: '2025-01-01T00:00:00Z' } },
        },
      ],
    },
  });
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  let output = '';
  stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<string | undefined>((resolve) => {
    void new Exec(config).exec(namespace, 'shell', 'c', ['tr', 'a-z', 'A-Z'], stdout, null, stdin, false, (status) =>
      resolve(status.details?.causes?.[0]?.message),
    );
  });
  stdin.end('shout\n');
  expect(await ended).toBe('3');
  expect(output).toBe('SHOUT\n');

  const echo = createServer((socket) => socket.pipe(socket));
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  const { port } = echo.address() as AddressInfo;
  const [toPod, fromPod] = [new PassThrough(), new PassThrough()];
  const answered = new Promise<string>((resolve) => fromPod.once('data', (chunk: Buffer) => resolve(chunk.toString())));
  const forwarded = await new PortForward(config).portForward(namespace, 'shell', [port], fromPod, null, toPod);
  toPod.write('hello');
  expect(await answered).toBe('hello');
  if (typeof forwarded === 'object' && 'close' in forwarded) forwarded.close();
  await new Promise<void>((resolve) => {
    echo.close(() => resolve());
  });
});
