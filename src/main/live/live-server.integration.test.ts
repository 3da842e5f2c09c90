import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  DEPLOYMENTS,
  EVENTS,
  NAMESPACES,
  NODES,
  PODS,
  type Deployment,
  type Node,
  type Pod,
} from '../../shared/api/kinds.ts';
import { nameOf, type KubeObject } from '../../shared/api/meta.ts';
import type { ApplyResult, ChannelParams, RowsParams } from '../../shared/live/contract.ts';
import type { PodRow } from '../../shared/view/rows.ts';
import { startFakeKubelet, type FakeKubelet } from '../apiserver/testing/fake-kubelet.ts';
import { startTestServer, type TestServer } from '../apiserver/testing/test-server.ts';
import { createLiveServer, type LiveServer } from './live-server.ts';
import type { UsageSource } from './rows/cluster-rows.ts';
import { MemoryScreen } from './testing/memory-screen.ts';

const nothing = (): void => undefined;
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const ANY: RowsParams = {
  resource: 'pods',
  namespace: '',
  search: '',
  facets: {},
  sort: { field: 'name', descending: false },
  offset: 0,
  limit: 50,
};

/** Usage as a test sets it. */
class ScriptedUsage implements UsageSource {
  points: { at: number; cpu: number; memory: number }[] = [];
  readonly #handlers = new Set<() => void>();
  latestOfCluster = () => this.points.at(-1);
  latestOfNode = () => this.points.at(-1);
  latestOfPod = () => this.points.at(-1);
  series = (_scope: unknown, after = -Infinity) => [
    { name: 'app', points: this.points.filter(({ at }) => at > after) },
  ];
  onDidCollect(handler: () => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }
  collect(at: number, cpu: number): void {
    this.points.push({ at, cpu, memory: cpu * 1000 });
    for (const handler of this.#handlers) handler();
  }
}

let kubelet: FakeKubelet;
let api: TestServer;
let usage: ScriptedUsage;
let live: LiveServer;
let screen: MemoryScreen;

beforeAll(async () => (kubelet = await startFakeKubelet()));
afterAll(() => kubelet.close());

beforeEach(async () => {
  api = await startTestServer({ dialNode: kubelet.dial });
  usage = new ScriptedUsage();
  live = createLiveServer({
    client: api.client,
    metrics: usage,
    exec: { url: api.server.url, ca: api.pki.caCertificate, token: api.tokens.adminToken },
    info: () => Promise.resolve({ version: '0.1.0' } as never),
    simulate: (count) => Promise.resolve(count),
    clock: { now: () => Date.now() },
    log,
  });
  screen = new MemoryScreen();
  live.accept(screen.connection);
});
afterEach(async () => {
  live.close();
  await api.close();
});

async function makeNode(name: string, labels: Record<string, string> = {}): Promise<void> {
  const status = {
    allocatable: { cpu: '4', memory: '8Gi', pods: '110' },
    conditions: [{ type: 'Ready', status: 'True' }],
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
  };
  const node = await api.client.create(NODES, { metadata: { name, labels } } as unknown as Node);
  await api.client.updateStatus(NODES, { ...node, status } as unknown as Node);
}

async function makePod(name: string, phase = 'Running', node = 'n1'): Promise<Pod> {
  const pod = await api.client.create(PODS, {
    metadata: { name, namespace: 'default' },
    spec: {
      nodeName: node,
      containers: [
        {
          name: 'app',
          image: 'nginx',
          resources: { requests: { cpu: '250m', memory: '64Mi' }, limits: { memory: '128Mi' } },
        },
      ],
    },
  } as unknown as Pod);
  const containerStatuses = [
    { name: 'app', image: 'nginx', imageID: '', ready: true, restartCount: 0, state: { running: {} } },
  ];
  return api.client.updateStatus(PODS, { ...pod, status: { phase, containerStatuses } } as unknown as Pod);
}

const rowNames = (message: { rows: { name: string }[] }): string[] => message.rows.map(({ name }) => name);

describe('rows', () => {
  test('come as a window, follow every change, and move by new parameters on the same channel', async () => {
    for (const name of ['c', 'a', 'b']) await makePod(name);
    const rows = screen.open('rows', { ...ANY, limit: 2 });
    const first = await rows.until('the first window', ({ state }) => state === 'live');
    expect(rowNames(first)).toEqual(['a', 'b']);
    expect(first).toMatchObject({ total: 3, unfiltered: 3, offset: 0 });
    expect(first.facets['node']).toEqual([{ value: 'n1', count: 3 }]);
    await makePod('aa');
    await rows.until('the new pod', (message) => rowNames(message).includes('aa'));
    rows.send({ ...ANY, offset: 2, limit: 2 });
    expect(rowNames(await rows.until('the next window', ({ offset }) => offset === 2))).toEqual(['b', 'c']);
    rows.send({ ...ANY, sort: { field: 'name', descending: true }, limit: 1 });
    await rows.until('the other order', (message) => rowNames(message).join() === 'c');
    await api.client.delete(PODS, { name: 'c', namespace: 'default' }, { gracePeriodSeconds: 0 });
    await rows.until('the deletion', (message) => rowNames(message).join() === 'b' && message.total === 3);
  });

  test('that have not changed are not sent again', async () => {
    await makePod('a');
    const rows = screen.open('rows', ANY);
    await rows.until('the pod', ({ total }) => total === 1);
    const others = screen.open('rows', { ...ANY, search: 'elsewhere' });
    await others.until('the empty window', ({ state }) => state === 'live');
    const before = others.messages.length;
    usage.collect(1, 0.5);
    await rows.until('the usage', ({ rows: [row] }) => row?.resource === 'pods' && row.cpu === 0.5);
    expect(others.messages).toHaveLength(before);
  });

  test('know what other kinds and metrics know: usage, load, simulated nodes, pods in a namespace', async () => {
    await makeNode('n1', { 'wheelhouse.dev/simulated': 'true' });
    await makePod('a');
    await makePod('done', 'Succeeded');
    usage.collect(1, 0.5);
    const pods = screen.open('rows', { ...ANY, search: 'running' });
    const pod = await pods.until('the pod of a simulated node', ({ rows }) => rows[0]?.simulated === true);
    expect(pod.rows).toMatchObject([{ name: 'a', cpu: 0.5, memory: 500 }]);
    usage.collect(2, 0.75);
    await pods.until('the new usage', ({ rows }) => (rows[0] as PodRow | undefined)?.cpu === 0.75);
    const nodes = screen.open('rows', { ...ANY, resource: 'nodes' });
    await nodes.until(
      'the load of the node',
      ({ rows: [row] }) => row?.resource === 'nodes' && row.podCount === 1 && row.cpuRequested === 0.25,
    );
    const namespaces = screen.open('rows', { ...ANY, resource: 'namespaces', search: 'default' });
    await namespaces.until('the count', ({ rows: [row] }) => row?.resource === 'namespaces' && row.podCount === 2);
  });
});

test('an object is followed from before it exists until after it is gone', async () => {
  const channel = screen.open('object', { resource: 'pods', namespace: 'default', name: 'a' });
  await channel.until('its absence', ({ state, object }) => state === 'live' && object === null);
  await makePod('a');
  const there = await channel.until('the object', ({ row }) => row?.state.word === 'Running');
  expect(there.object?.metadata?.name).toBe('a');
  const from = channel.messages.length;
  await api.client.delete(PODS, { name: 'a', namespace: 'default' }, { gracePeriodSeconds: 0 });
  await channel.until('its end', ({ object }) => object === null, from);
});

test('events about one object come newest first', async () => {
  const pod = await makePod('a');
  const event = (name: string, lastTimestamp: string, uid = pod.metadata?.uid): KubeObject =>
    ({
      metadata: { name, namespace: 'default' },
      involvedObject: { kind: 'Pod', name: 'a', namespace: 'default', uid },
      reason: name,
      type: 'Normal',
      lastTimestamp,
    }) as KubeObject;
  await api.client.create(EVENTS, event('older', '2026-01-01T00:00:00Z') as never);
  await api.client.create(EVENTS, event('newer', '2026-01-02T00:00:00Z') as never);
  await api.client.create(EVENTS, event('other', '2026-01-03T00:00:00Z', 'another') as never);
  const channel = screen.open('events', { uid: pod.metadata?.uid ?? '', namespace: 'default' });
  const message = await channel.until('both events', ({ total }) => total === 2);
  expect(rowNames(message)).toEqual(['newer', 'older']);
});

test('api requests are answered with the value, or with the Status of the refusal', async () => {
  await makePod('a');
  const good = screen.open('api', { method: 'GET', path: '/api/v1/namespaces/default/pods/a' });
  const bad = screen.open('api', { method: 'GET', path: '/api/v1/namespaces/default/pods/b' });
  await good.ended();
  expect(good.messages).toMatchObject([{ ok: true, value: { metadata: { name: 'a' } } }]);
  await bad.ended();
  expect(bad.messages).toMatchObject([{ ok: false, status: { code: 404, message: 'pods "b" not found' } }]);
});

test('the overview counts, adds up and names the problems, worst first', async () => {
  await makeNode('n1');
  await makePod('fine');
  await makePod('broken', 'Failed');
  usage.collect(1, 2);
  const overview = screen.open('overview', {});
  const message = await overview.until('all of it', ({ pods, nodes }) => pods.total === 2 && nodes.ready === 1);
  expect(message.cpu).toEqual({ allocatable: 4, requested: 0.25, used: 2 });
  expect(message.problems.map(({ name }) => name)).toContain('broken');
  expect(message.namespaces).toEqual(['default', 'kube-node-lease', 'kube-public', 'kube-system']);
  const from = overview.messages.length;
  await api.client.delete(PODS, { name: 'broken', namespace: 'default' }, { gracePeriodSeconds: 0 });
  await overview.until('the problem to go', ({ problems }) => !problems.some(({ name }) => name === 'broken'), from);
});

test('metrics begin with the history and go on with what is new, with the bounds of the container', async () => {
  await makePod('a');
  usage.collect(1, 0.1);
  usage.collect(2, 0.2);
  const channel = screen.open('metrics', { scope: 'pod', namespace: 'default', pod: 'a' });
  const first = await channel.until('the history', () => true);
  expect(first.reset).toBe(true);
  expect(first.series[0]?.points.map(({ at }) => at)).toEqual([1, 2]);
  await screen
    .open('object', { resource: 'pods', namespace: 'default', name: 'a' })
    .until('the pod', ({ object }) => object !== null);
  usage.collect(3, 0.3);
  const next = await channel.until('the news', ({ reset }) => !reset);
  expect(next.series).toEqual([
    {
      name: 'app',
      cpuRequest: 0.25,
      memoryRequest: 64 * 2 ** 20,
      memoryLimit: 128 * 2 ** 20,
      points: [{ at: 3, cpu: 0.3, memory: 300 }],
    },
  ]);
});

describe('a container', () => {
  beforeEach(async () => {
    await makeNode('n1');
    await makePod('a');
  });

  test('shows its log, and a refusal in words', async () => {
    const params: ChannelParams<'logs'> = {
      namespace: 'default',
      pod: 'a',
      container: 'app',
      follow: true,
      previous: false,
      timestamps: true,
      tailLines: 5,
    };
    const logs = screen.open('logs', params);
    expect(await logs.ended()).not.toHaveProperty('error');
    expect(logs.messages.map(({ text }) => text).join('')).toBe('line 1\nline 2\n');
    expect(kubelet.requests.at(-1)).toContain('tailLines=5');
    const refused = screen.open('logs', { ...params, container: 'nobody' });
    expect((await refused.ended()).error?.message).toContain('container nobody is not valid for pod a');
  });

  test('runs a command through the API server, with input and output', async () => {
    const exec = screen.open('exec', {
      namespace: 'default',
      pod: 'a',
      container: 'app',
      command: ['sh', '-c', 'x'],
      tty: false,
    });
    exec.send({ stdin: 'hello' });
    await exec.until('the echo', (message) => 'output' in message && message.output === 'HELLO');
    expect(kubelet.requests.at(-1)).toMatch(/^\/exec\/default\/a\/app\?.*command=sh&command=-c&command=x/);
    exec.close();
  });

  test('of another pod is refused before anything runs', async () => {
    const exec = screen.open('exec', {
      namespace: 'default',
      pod: 'nobody',
      container: 'app',
      command: ['sh'],
      tty: true,
    });
    expect((await exec.ended()).error).toMatchObject({ code: 404, message: 'pods "nobody" not found' });
  });
});

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels:
    app: web
    stage: test
spec:
  replicas: 2
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
        - name: app
          image: nginx:1
          ports:
            - containerPort: 80
`;

async function apply(yaml: string, rest: Partial<ChannelParams<'apply'>> = {}): Promise<ApplyResult[]> {
  const channel = screen.open('apply', { yaml, namespace: 'default', dryRun: false, ...rest });
  const { error } = await channel.ended();
  if (error) throw new Error(error.message);
  return channel.messages[0]?.results ?? [];
}

describe('applying YAML', () => {
  const get = (): Promise<Deployment> => api.client.get(DEPLOYMENTS, 'web', 'default');

  test('creates, sees when nothing has changed, changes, and removes what is no longer written', async () => {
    expect(await apply(DEPLOYMENT)).toEqual([
      { document: 0, line: 1, outcome: 'created', target: 'deployment.apps/web', errors: [] },
    ]);
    expect((await apply(DEPLOYMENT))[0]?.outcome).toBe('unchanged');
    const changed = DEPLOYMENT.replace('nginx:1', 'nginx:2').replace('    stage: test\n', '');
    expect((await apply(changed))[0]?.outcome).toBe('configured');
    const { metadata, spec } = await get();
    expect(metadata?.labels).toEqual({ app: 'web' });
    expect(spec?.template.spec?.containers[0]).toMatchObject({ image: 'nginx:2', imagePullPolicy: 'IfNotPresent' });
    expect((await apply(changed))[0]?.outcome).toBe('unchanged');
  });

  test('leaves alone what somebody else set and it does not name', async () => {
    await apply(DEPLOYMENT.replace('  replicas: 2\n', ''));
    await api.client.patch(DEPLOYMENTS, { name: 'web', namespace: 'default' }, { spec: { replicas: 5 } });
    await apply(DEPLOYMENT.replace('  replicas: 2\n', '').replace('nginx:1', 'nginx:3'));
    expect((await get()).spec?.replicas).toBe(5);
  });

  test('as a dry run says what would happen and changes nothing', async () => {
    expect((await apply(DEPLOYMENT, { dryRun: true }))[0]?.outcome).toBe('created');
    await expect(get()).rejects.toThrow('deployments.apps "web" not found');
    await apply(DEPLOYMENT);
    expect((await apply(DEPLOYMENT.replace('nginx:1', 'nginx:2'), { dryRun: true }))[0]?.outcome).toBe('configured');
    expect((await get()).spec?.template.spec?.containers[0]?.image).toBe('nginx:1');
  });

  test('takes several documents in order, Lists too, and goes on after one that fails', async () => {
    const list =
      'apiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: ConfigMap\n    metadata: { name: one }\n';
    const text = `apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n---\n${DEPLOYMENT.replace('  name: web', '  name: web\n  namespace: shop')}---\nkind: Nothing\n---\n${list}`;
    const results = await apply(text);
    expect(results.map(({ outcome, target }) => [outcome, target])).toEqual([
      ['created', 'namespace/shop'],
      ['created', 'deployment.apps/web'],
      ['failed', 'nothing/'],
      ['created', 'configmap/one'],
    ]);
    expect((await api.client.list(NAMESPACES)).items.map(nameOf)).toContain('shop');
    expect((await api.client.get(DEPLOYMENTS, 'web', 'shop')).metadata?.namespace).toBe('shop');
  });

  const wrong: [string, string, { line: number; field?: string; message: RegExp }][] = [
    [
      'an unknown field',
      DEPLOYMENT.replace('image:', 'imag:'),
      {
        line: 20,
        field: 'spec.template.spec.containers[0].imag',
        message: /unknown field "spec\.template\.spec\.containers\[0\]\.imag"/,
      },
    ],
    [
      'a wrong type',
      DEPLOYMENT.replace('replicas: 2', 'replicas: two'),
      { line: 9, field: 'spec.replicas', message: /^spec\.replicas must be a whole number, not text/ },
    ],
    [
      'a bad value',
      DEPLOYMENT.replace('replicas: 2', 'replicas: -1'),
      { line: 9, field: 'spec.replicas', message: /must be greater than or equal to 0/ },
    ],
    [
      'a missing field',
      DEPLOYMENT.replace('          image: nginx:1\n', ''),
      { line: 19, field: 'spec.template.spec.containers[0].image', message: /Required value/ },
    ],
    [
      'an unknown kind',
      DEPLOYMENT.replace('kind: Deployment', 'kind: Deploymint'),
      { line: 2, field: 'kind', message: /^no matches for kind "Deploymint" in version "apps\/v1"$/ },
    ],
    [
      'an unknown group',
      DEPLOYMENT.replace('apps/v1', 'app/v1'),
      { line: 2, field: 'kind', message: /^no matches for kind "Deployment" in version "app\/v1"$/ },
    ],
    ['a tab', DEPLOYMENT.replace('  replicas: 2', '\treplicas: 2'), { line: 9, message: /tab/ }],
    [
      'a namespace that is not there',
      DEPLOYMENT.replace('  name: web', '  name: web\n  namespace: nowhere'),
      { line: 5, message: /namespaces "nowhere" not found/ },
    ],
    [
      'no name',
      DEPLOYMENT.replace('  name: web\n', ''),
      { line: 3, field: 'metadata.name', message: /name may not be empty/ },
    ],
  ];
  test.each(wrong)('reports %s at its line', async (_name, yaml, { line, field, message }) => {
    const [result] = await apply(yaml);
    expect(result?.outcome).toBe('failed');
    const told = result?.errors.find((error) => message.test(error.message));
    expect(told, JSON.stringify(result?.errors)).toMatchObject({ line, ...(field ? { field } : {}) });
  });

  test('reports the same mistakes when the object exists already', async () => {
    await apply(DEPLOYMENT);
    const [unknown] = await apply(DEPLOYMENT.replace('image: nginx:1', 'image: nginx:1\n          imag: x'));
    expect(unknown?.errors).toMatchObject([{ line: 21, field: 'spec.template.spec.containers[0].imag' }]);
    const [type] = await apply(DEPLOYMENT.replace('replicas: 2', 'replicas: two'));
    expect(type?.errors).toMatchObject([{ line: 9, field: 'spec.replicas' }]);
    const [immutable] = await apply(DEPLOYMENT.replaceAll('app: web', 'app: other'));
    expect(immutable?.errors[0]).toMatchObject({ field: 'spec.selector', line: 10 });
    expect(immutable?.errors[0]?.message).toContain('field is immutable');
  });

  test('says so when there is nothing to apply', async () => {
    await expect(apply('# only a comment\n')).rejects.toThrow('nothing to apply');
  });
});
