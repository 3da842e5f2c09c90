import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiClient } from '../../shared/client/api-client.ts';
import { ApiError } from '../../shared/api/errors.ts';
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  EVENTS,
  LEASES,
  NAMESPACES,
  NODES,
  PODS,
  SECRETS,
  type ConfigMap,
  type Deployment,
  type Event,
  type Namespace,
  type Node,
  type Pod,
} from '../../shared/api/kinds.ts';
import type { KubeList, Status } from '../../shared/api/meta.ts';
import { KindCatalog } from '../resources/catalog.ts';
import { expire } from './event-expiry.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

let api: TestServer;
beforeAll(async () => {
  api = await startTestServer();
});
afterAll(async () => {
  await api.close();
});

const configMap = (name: string, data: Record<string, string> = {}, more: object = {}): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', ...more },
  data,
});
const pod = (name: string, more: Partial<NonNullable<Pod['spec']>> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default' },
  spec: { containers: [{ name: 'c', image: 'nginx:1' }], ...more },
});
const errorOf = async (run: Promise<unknown>): Promise<{ code: number; reason: string; message: string }> => {
  try {
    await run;
  } catch (error) {
    if (error instanceof ApiError) return { code: error.code, reason: error.reason, message: error.message };
    throw error;
  }
  return { code: 0, reason: '', message: 'nothing was thrown' };
};
const request = <T>(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
  query = {},
): Promise<T> => api.client.transport.request<T>({ method, path, body, query });

describe('create', () => {
  test('fills in what the server owns and lets nobody else', async () => {
    const made = await api.client.create(
      CONFIG_MAPS,
      configMap(
        'owned',
        {},
        {
          uid: 'mine',
          creationTimestamp: '2000-01-01T00:00:00Z',
          deletionTimestamp: '2000-01-01T00:00:00Z',
          generation: 9,
          selfLink: '/x',
          managedFields: [{ manager: 'm' }],
        },
      ),
    );
    expect(made.metadata).toEqual({
      name: 'owned',
      namespace: 'default',
      uid: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      creationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
      resourceVersion: String(api.storage.revision),
    });
    expect(made.metadata?.uid).not.toBe('mine');
    expect(await errorOf(api.client.create(CONFIG_MAPS, configMap('owned')))).toMatchObject({
      code: 409,
      reason: 'AlreadyExists',
      message: 'configmaps "owned" already exists',
    });
    expect((await errorOf(api.client.create(CONFIG_MAPS, configMap('rv', {}, { resourceVersion: '1' })))).code).toBe(
      400,
    );
  });

  test('makes names from generateName', async () => {
    const nameless = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { generateName: 'gen-', namespace: 'default' },
    } as ConfigMap;
    const names = await Promise.all(
      Array.from({ length: 20 }, async () => (await api.client.create(CONFIG_MAPS, nameless)).metadata?.name),
    );
    expect(new Set(names).size).toBe(20);
    for (const name of names) expect(name).toMatch(/^gen-[b-z2-9]{5}$/);
  });

  test('stores nothing on a dry run, but says what it would', async () => {
    const before = api.storage.revision;
    const shown = await request<ConfigMap>('POST', '/api/v1/namespaces/default/configmaps', configMap('dry'), {
      dryRun: 'All',
    });
    expect(shown.metadata?.uid).toBeDefined();
    expect(api.storage.revision).toBe(before);
    expect((await errorOf(api.client.get(CONFIG_MAPS, 'dry', 'default'))).code).toBe(404);
  });

  test('admits pods with the defaults of admission', async () => {
    const made = await api.client.create(PODS, pod('admitted'));
    expect(made.spec?.serviceAccountName).toBe('default');
    expect(made.spec?.tolerations?.map(({ key, tolerationSeconds }) => [key, tolerationSeconds])).toEqual([
      ['node.kubernetes.io/not-ready', 300],
      ['node.kubernetes.io/unreachable', 300],
    ]);
    const node = await api.client.create(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'tainted' } });
    expect(node.spec?.taints).toEqual([{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }]);
  });

  test('does not freeze or keep what the client passed', async () => {
    const mine = configMap('mine', { a: '1' });
    const stored = await api.client.create(CONFIG_MAPS, mine);
    mine.data = { a: '2' };
    expect(Object.isFrozen(stored.data)).toBe(true);
    expect((await api.client.get(CONFIG_MAPS, 'mine', 'default')).data).toEqual({ a: '1' });
  });
});

describe('update and patch', () => {
  test('compare and swap; a write that changes nothing is no write', async () => {
    const first = await api.client.create(CONFIG_MAPS, configMap('cas', { n: '0' }));
    const second = await api.client.update(CONFIG_MAPS, { ...first, data: { n: '1' } });
    expect(await errorOf(api.client.update(CONFIG_MAPS, { ...first, data: { n: '2' } }))).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on configmaps "cas": the object has been modified; please apply your changes to the latest version and try again',
    });
    const before = api.storage.revision;
    const same = await api.client.update(CONFIG_MAPS, { ...second });
    expect([same.metadata?.resourceVersion, api.storage.revision]).toEqual([second.metadata?.resourceVersion, before]);
    const { resourceVersion: _none, ...unversioned } = second.metadata ?? {};
    expect((await api.client.update(CONFIG_MAPS, { ...second, metadata: unversioned, data: { n: '3' } })).data).toEqual(
      { n: '3' },
    );
  });

  test('patches without a version all arrive, however many at once', async () => {
    await api.client.create(CONFIG_MAPS, configMap('many'));
    const outcomes = await Promise.allSettled(
      Array.from({ length: 4 }, (_, index) =>
        api.client.patch(CONFIG_MAPS, { name: 'many', namespace: 'default' }, { data: { [`k${index}`]: 'v' } }),
      ),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(Array(4).fill('fulfilled'));
    expect(Object.keys((await api.client.get(CONFIG_MAPS, 'many', 'default')).data ?? {}).sort()).toEqual([
      'k0',
      'k1',
      'k2',
      'k3',
    ]);
    expect(
      (
        await errorOf(
          api.client.patch(CONFIG_MAPS, { name: 'many', namespace: 'default' }, { metadata: { resourceVersion: '1' } }),
        )
      ).code,
    ).toBe(409);
  });

  test('the spec does not touch status, nor status the spec; only the spec counts as a generation', async () => {
    const made = await api.client.create(DEPLOYMENTS, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'split', namespace: 'default' },
      spec: {
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
      },
    });
    const target = { name: 'split', namespace: 'default' };
    const byStatus = await api.client.patch(
      DEPLOYMENTS,
      { ...target, subresource: 'status' },
      { spec: { replicas: 9 }, status: { replicas: 3 }, metadata: { labels: { x: 'y' } } },
    );
    expect([
      byStatus.spec?.replicas,
      byStatus.status?.replicas,
      byStatus.metadata?.labels,
      byStatus.metadata?.generation,
    ]).toEqual([1, 3, undefined, 1]);
    const bySpec = await api.client.patch(DEPLOYMENTS, target, { spec: { replicas: 4 }, status: { replicas: 0 } });
    expect([bySpec.spec?.replicas, bySpec.status?.replicas, bySpec.metadata?.generation]).toEqual([4, 3, 2]);
    expect(made.metadata?.uid).toBe(bySpec.metadata?.uid);
    expect(
      (await errorOf(api.client.patch(DEPLOYMENTS, target, { spec: { selector: { matchLabels: { c: 'd' } } } }))).code,
    ).toBe(422);
  });

  test('scale reads and writes replicas only', async () => {
    const path = '/apis/apps/v1/namespaces/default/deployments/split/scale';
    const scale = await request<{ spec: { replicas: number }; status: { selector: string } }>('GET', path);
    expect([scale.spec.replicas, scale.status.selector]).toEqual([4, 'a=b']);
    await request('PUT', path, { ...scale, spec: { replicas: 6 } });
    const after = await api.client.get<Deployment>(DEPLOYMENTS, 'split', 'default');
    expect([after.spec?.replicas, after.metadata?.generation]).toEqual([6, 3]);
    expect(await errorOf(request('PUT', path, { ...scale, spec: { replicas: 7 } }))).toMatchObject({ code: 409 });
    expect(
      await errorOf(
        api.client.patch(
          DEPLOYMENTS,
          { name: 'split', namespace: 'default', subresource: 'scale' },
          { spec: { replicas: -1 } },
        ),
      ),
    ).toMatchObject({
      code: 422,
      message:
        'Scale.autoscaling "split" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    });
  });

  test('a PUT creates what kinds allow to be created so', async () => {
    const lease = await api.client.update(LEASES, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'l', namespace: 'kube-node-lease' },
      spec: { holderIdentity: 'me' },
    });
    expect(lease.metadata?.uid).toBeDefined();
    expect((await errorOf(api.client.update(CONFIG_MAPS, configMap('nowhere')))).code).toBe(404);
  });
});

describe('binding and deletion', () => {
  const bind = (name: string, node: string): Promise<Status> =>
    request('POST', `/api/v1/namespaces/default/pods/${name}/binding`, {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name },
      target: { kind: 'Node', name: node },
    });

  test('a pod is bound once', async () => {
    await api.client.create(PODS, pod('bound'));
    expect(await bind('bound', 'n1')).toMatchObject({ kind: 'Status', status: 'Success' });
    const read = await api.client.get<Pod>(PODS, 'bound', 'default');
    expect([read.spec?.nodeName, read.status?.conditions?.find(({ type }) => type === 'PodScheduled')?.status]).toEqual(
      ['n1', 'True'],
    );
    expect(await errorOf(bind('bound', 'n2'))).toMatchObject({
      code: 409,
      message: 'Operation cannot be fulfilled on pods/binding "bound": pod bound is already assigned to node "n1"',
    });
  });

  test('a bound pod is told to go and goes with the kubelet’s word; an unbound one goes at once', async () => {
    await api.client.delete(PODS, { name: 'bound', namespace: 'default' });
    const going = await api.client.get<Pod>(PODS, 'bound', 'default');
    expect([going.metadata?.deletionGracePeriodSeconds, typeof going.metadata?.deletionTimestamp]).toEqual([
      30,
      'string',
    ]);
    expect(await errorOf(bind('bound', 'n1'))).toMatchObject({ code: 409 });
    await api.client.delete(PODS, { name: 'bound', namespace: 'default' }, { gracePeriodSeconds: 0 });
    expect((await errorOf(api.client.get(PODS, 'bound', 'default'))).code).toBe(404);
    await api.client.create(PODS, pod('unbound'));
    await api.client.delete(PODS, { name: 'unbound', namespace: 'default' });
    expect((await errorOf(api.client.get(PODS, 'unbound', 'default'))).code).toBe(404);
  });

  test('an eviction is a delete', async () => {
    await api.client.create(PODS, pod('evicted'));
    await request('POST', '/api/v1/namespaces/default/pods/evicted/eviction', {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: 'evicted' },
    });
    expect((await errorOf(api.client.get(PODS, 'evicted', 'default'))).code).toBe(404);
  });

  test('finalizers keep an object until the last is gone; none is added meanwhile', async () => {
    await api.client.create(CONFIG_MAPS, configMap('kept', {}, { finalizers: ['example.com/a'] }));
    await api.client.delete(CONFIG_MAPS, { name: 'kept', namespace: 'default' });
    const kept = await api.client.get<ConfigMap>(CONFIG_MAPS, 'kept', 'default');
    expect(kept.metadata?.deletionTimestamp).toBeDefined();
    expect(
      (
        await errorOf(
          api.client.patch(
            CONFIG_MAPS,
            { name: 'kept', namespace: 'default' },
            { metadata: { finalizers: ['example.com/a', 'example.com/b'] } },
          ),
        )
      ).code,
    ).toBe(422);
    await api.client.patch(CONFIG_MAPS, { name: 'kept', namespace: 'default' }, { metadata: { finalizers: null } });
    expect((await errorOf(api.client.get(CONFIG_MAPS, 'kept', 'default'))).code).toBe(404);
  });

  test('preconditions and policies are honoured', async () => {
    const made = await api.client.create(CONFIG_MAPS, configMap('guarded'));
    const target = { name: 'guarded', namespace: 'default' };
    expect(await errorOf(api.client.delete(CONFIG_MAPS, target, { uid: 'other' }))).toMatchObject({
      code: 409,
      message: `Operation cannot be fulfilled on configmaps "guarded": Precondition failed: UID in precondition: other, UID in object meta: ${made.metadata?.uid ?? ''}`,
    });
    await api.client.delete(CONFIG_MAPS, target, { propagationPolicy: 'Foreground' });
    expect((await api.client.get(CONFIG_MAPS, 'guarded', 'default')).metadata?.finalizers).toEqual([
      'foregroundDeletion',
    ]);
  });

  test('a namespace is terminating until its content’s finalizer is taken off', async () => {
    const name = 'doomed';
    await api.client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    await api.client.delete(NAMESPACES, { name });
    const going = await api.client.get<Namespace>(NAMESPACES, name);
    expect([going.status?.phase, going.spec?.finalizers]).toEqual(['Terminating', ['kubernetes']]);
    expect(await errorOf(api.client.create(CONFIG_MAPS, configMap('late', {}, { namespace: name })))).toMatchObject({
      code: 403,
      message: `configmaps "late" is forbidden: unable to create new content in namespace ${name} because it is being terminated`,
    });
    expect((await errorOf(api.client.delete(NAMESPACES, { name }))).code).toBe(409);
    await request('PUT', `/api/v1/namespaces/${name}/finalize`, { ...going, spec: { finalizers: [] } });
    expect((await errorOf(api.client.get(NAMESPACES, name))).code).toBe(404);
    expect(await errorOf(api.client.delete(NAMESPACES, { name: 'kube-system' }))).toMatchObject({
      code: 403,
      message: 'namespaces "kube-system" is forbidden: this namespace may not be deleted',
    });
  });

  test('a collection is deleted by selector', async () => {
    for (const [name, group] of [
      ['d1', 'x'],
      ['d2', 'x'],
      ['d3', 'y'],
    ] as const)
      await api.client.create(CONFIG_MAPS, configMap(name, {}, { labels: { group } }));
    const gone = await request<KubeList<ConfigMap>>('DELETE', '/api/v1/namespaces/default/configmaps', undefined, {
      labelSelector: 'group=x',
    });
    expect(gone.items.map(({ metadata }) => metadata?.name)).toEqual(['d1', 'd2']);
    expect((await api.client.list(CONFIG_MAPS, { namespace: 'default', labelSelector: 'group' })).items).toHaveLength(
      1,
    );
  });
});

describe('lists', () => {
  const namespace = 'paged';
  beforeAll(async () => {
    await api.client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    for (let index = 0; index < 10; index += 1)
      await api.client.create(SECRETS, {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: `s${index}`, namespace, labels: { odd: String(index % 2 === 1) } },
      });
  });

  test('pages show one moment, whatever happens between them', async () => {
    const first = await api.client.list(SECRETS, { namespace, limit: 4 });
    expect([first.items.length, first.metadata.remainingItemCount]).toEqual([4, 6]);
    await api.client.delete(SECRETS, { name: 's9', namespace });
    const names = first.items.map(({ metadata }) => metadata?.name);
    let token = first.metadata.continue;
    while (token) {
      const page = await api.client.list(SECRETS, { namespace, limit: 4, continue: token });
      expect(page.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
      names.push(...page.items.map(({ metadata }) => metadata?.name));
      token = page.metadata.continue;
    }
    expect(names).toEqual(Array.from({ length: 10 }, (_, index) => `s${index}`));
  });

  test('pages with a selector are full and do not count', async () => {
    const page = await api.client.list(SECRETS, { namespace, limit: 3, labelSelector: 'odd=true' });
    expect(page.items.map(({ metadata }) => metadata?.name)).toEqual(['s1', 's3', 's5']);
    expect(page.metadata.remainingItemCount).toBeUndefined();
    const rest = await api.client.list(SECRETS, {
      namespace,
      limit: 3,
      labelSelector: 'odd=true',
      continue: page.metadata.continue ?? '',
    });
    expect([rest.items.map(({ metadata }) => metadata?.name), rest.metadata.continue]).toEqual([['s7'], undefined]);
  });

  test('select by name and by fields', async () => {
    const by = async (fieldSelector: string): Promise<(string | undefined)[]> =>
      (await api.client.list(SECRETS, { namespace, fieldSelector })).items.map(({ metadata }) => metadata?.name);
    expect(await by('metadata.name=s1')).toEqual(['s1']);
    expect(await by('metadata.name=s')).toEqual([]);
    expect(await by('type=Opaque,metadata.name!=s1')).not.toContain('s1');
    expect(await by('type=other')).toEqual([]);
  });

  test('a revision in the future is not there in time', async () => {
    expect(await errorOf(api.client.list(SECRETS, { namespace, resourceVersion: '999999' }))).toMatchObject({
      code: 504,
      reason: 'Timeout',
    });
  });
});

test('events are forgotten an hour after they were last seen', async () => {
  const now = Date.parse('2030-01-01T12:00:00Z');
  const event = (name: string, lastTimestamp: string): Event =>
    ({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace: 'default' },
      involvedObject: { kind: 'Pod', namespace: 'default', name: 'p' },
      reason: 'Tested',
      type: 'Normal',
      lastTimestamp,
    }) as Event;
  await api.client.create(EVENTS, event('old', '2030-01-01T10:59:59Z'));
  await api.client.create(EVENTS, event('fresh', '2030-01-01T11:00:01Z'));
  expect(await expire(api.storage, new KindCatalog(), { now: () => now })).toBe(1);
  expect((await api.client.list(EVENTS, {})).items.map(({ metadata }) => metadata?.name)).toEqual(['fresh']);
});

describe('what a node may write', () => {
  const kubelet = (name: string): ApiClient =>
    new ApiClient(api.server.inProcess({ name: `system:node:${name}`, groups: ['system:nodes'] }), 'kubelet');

  test('registers itself, keeps its lease, and nobody else’s', async () => {
    const a = kubelet('a');
    const node = await a.create(NODES, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'a', labels: { 'kubernetes.io/os': 'linux' } },
    } as Node);
    expect((await a.updateStatus(NODES, { ...node, status: { phase: 'Running' } })).status?.phase).toBe('Running');
    expect(
      (await errorOf(a.create(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'b' } }))).message,
    ).toContain('node "a" is not allowed to modify node "b"');
    expect((await errorOf(a.patch(NODES, { name: 'a' }, { spec: { taints: null } }))).message).toContain(
      'is not allowed to modify taints',
    );
    expect(
      (
        await errorOf(
          a.patch(NODES, { name: 'a' }, { metadata: { labels: { 'node-restriction.kubernetes.io/x': 'y' } } }),
        )
      ).message,
    ).toContain('is not allowed to modify labels: node-restriction.kubernetes.io/x');
    const lease = (name: string): Promise<unknown> =>
      a.create(LEASES, {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name, namespace: 'kube-node-lease' },
      });
    await lease('a');
    expect((await errorOf(lease('b'))).code).toBe(403);
  });

  test('touches the pods bound to it and reads what they use', async () => {
    await api.client.create(SECRETS, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'used', namespace: 'default' },
    });
    for (const [name, nodeName] of [
      ['pa', 'a'],
      ['pb', 'b'],
    ] as const)
      await api.client.create(PODS, pod(name, { nodeName, volumes: [{ name: 'v', secret: { secretName: 'used' } }] }));
    const status = (client: ApiClient, name: string): Promise<unknown> =>
      client.patch(PODS, { name, namespace: 'default', subresource: 'status' }, { status: { phase: 'Running' } });
    await status(kubelet('a'), 'pa');
    expect((await errorOf(status(kubelet('a'), 'pb'))).message).toContain(
      'can only update pod status for pods with spec.nodeName set to itself',
    );
    expect((await errorOf(kubelet('a').delete(PODS, { name: 'pb', namespace: 'default' }))).code).toBe(403);
    expect((await kubelet('a').get(SECRETS, 'used', 'default')).metadata?.name).toBe('used');
    expect((await errorOf(kubelet('c').get(SECRETS, 'used', 'default'))).message).toContain(
      "no relationship found between node 'c' and this object",
    );
    expect(
      (await kubelet('a').list(PODS, { fieldSelector: 'spec.nodeName=a' })).items.map(({ metadata }) => metadata?.name),
    ).toEqual(['pa']);
    await kubelet('a').delete(PODS, { name: 'pa', namespace: 'default' }, { gracePeriodSeconds: 0 });
    expect((await errorOf(kubelet('a').get(SECRETS, 'used', 'default'))).code).toBe(403);
  });
});
