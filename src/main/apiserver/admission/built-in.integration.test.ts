import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isApiError, type ApiError } from '../../../shared/api/errors.ts';
import {
  INGRESS_CLASSES,
  INGRESSES,
  LIMIT_RANGES,
  NAMESPACES,
  PERSISTENT_VOLUME_CLAIMS,
  PODS,
  PRIORITY_CLASSES,
  RESOURCE_QUOTAS,
  RUNTIME_CLASSES,
  SERVICES,
  STORAGE_CLASSES,
  type PersistentVolumeClaim,
  type Pod,
} from '../../../shared/api/kinds.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import { ApiClient } from '../../../shared/client/api-client.ts';
import { jsonOfAnswer, rawRequest } from '../testing/https-client.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

let api: TestServer;
beforeAll(async () => {
  api = await startTestServer();
});
afterAll(() => api.close());

type Spec = Partial<NonNullable<Pod['spec']>>;
const pod = (name: string, spec: Spec = {}, namespace = 'default'): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace },
  spec: { containers: [{ name: 'c', image: 'x' }], ...spec },
});
const claim = (name: string, storage: string, more: object = {}, namespace = 'default'): PersistentVolumeClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name, namespace },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } }, ...more },
});

/** The message of the error a request must end in. */
async function refusal(request: Promise<unknown>): Promise<string> {
  try {
    await request;
  } catch (error) {
    if (isApiError(error)) return `${error.code} ${error.message}`;
    throw error;
  }
  throw new Error('the request was admitted');
}
const createPod = (object: Pod): Promise<Pod> => api.client.create(PODS, object);
const namespace = (name: string, labels: Record<string, string> = {}): Promise<KubeObject> =>
  api.client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });

describe('Priority', () => {
  test('the classes of the system are there from the start, and pods get their number', async () => {
    const critical = await createPod(pod('critical', { priorityClassName: 'system-node-critical' }));
    expect(critical.spec).toMatchObject({ priority: 2_000_001_000, preemptionPolicy: 'PreemptLowerPriority' });
    expect((await createPod(pod('plain'))).spec).toMatchObject({
      priority: 0,
      preemptionPolicy: 'PreemptLowerPriority',
    });
    expect(await refusal(createPod(pod('x', { priorityClassName: 'none' })))).toBe(
      '403 pods "x" is forbidden: no PriorityClass with name none was found',
    );
  });

  test('one class is the default, for pods that name none', async () => {
    const kind = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass' };
    await api.client.create(PRIORITY_CLASSES, {
      ...kind,
      metadata: { name: 'usual' },
      value: 7,
      globalDefault: true,
      preemptionPolicy: 'Never',
    });
    const second = { ...kind, metadata: { name: 'second' }, value: 8, globalDefault: true };
    expect(await refusal(api.client.create(PRIORITY_CLASSES, second))).toBe(
      '403 priorityclasses.scheduling.k8s.io "second" is forbidden: PriorityClass usual is already marked as default. Only one default can exist',
    );
    expect((await createPod(pod('usual'))).spec).toMatchObject({
      priorityClassName: 'usual',
      priority: 7,
      preemptionPolicy: 'Never',
    });
    expect(await refusal(createPod(pod('x', { priority: 9 })))).toBe(
      '403 pods "x" is forbidden: the integer value of priority (9) must not be provided in pod spec; priority admission controller computed 7 from the given PriorityClass name',
    );
    await api.client.delete(PRIORITY_CLASSES, { name: 'usual' });
  });
});

test('LimitRanger gives defaults and keeps bounds, of pods and claims', async () => {
  await namespace('limited');
  await api.client.create(LIMIT_RANGES, {
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: { name: 'l', namespace: 'limited' },
    spec: {
      limits: [
        { type: 'Container', max: { cpu: '1' }, defaultRequest: { cpu: '100m' } },
        { type: 'PersistentVolumeClaim', max: { storage: '1Gi' } },
      ],
    },
  });
  const made = await createPod(pod('p', {}, 'limited'));
  expect(made.spec?.containers[0]?.resources).toEqual({ limits: { cpu: '1' }, requests: { cpu: '100m' } });
  expect(made.metadata?.annotations?.['kubernetes.io/limit-ranger']).toBe(
    'LimitRanger plugin set: cpu request for container c; cpu limit for container c',
  );
  const big = pod('big', { containers: [{ name: 'c', image: 'x', resources: { limits: { cpu: '2' } } }] }, 'limited');
  expect(await refusal(createPod(big))).toBe(
    '403 pods "big" is forbidden: maximum cpu usage per Container is 1, but limit is 2',
  );
  expect(await refusal(api.client.create(PERSISTENT_VOLUME_CLAIMS, claim('c', '2Gi', {}, 'limited')))).toBe(
    '403 persistentvolumeclaims "c" is forbidden: maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi',
  );
});

test('RuntimeClass sets overhead and where to go', async () => {
  await api.client.create(RUNTIME_CLASSES, {
    apiVersion: 'node.k8s.io/v1',
    kind: 'RuntimeClass',
    metadata: { name: 'vm' },
    handler: 'vm',
    overhead: { podFixed: { cpu: '250m' } },
    scheduling: { nodeSelector: { vm: 'yes' }, tolerations: [{ key: 'vm', operator: 'Exists' }] },
  });
  const made = await createPod(pod('vm', { runtimeClassName: 'vm', nodeSelector: { disk: 'ssd' } }));
  expect(made.spec).toMatchObject({ overhead: { cpu: '250m' }, nodeSelector: { disk: 'ssd', vm: 'yes' } });
  expect(made.spec?.tolerations).toContainEqual({ key: 'vm', operator: 'Exists' });
  const at = (spec: Spec): Promise<string> => refusal(createPod(pod('x', spec)));
  expect(await at({ runtimeClassName: 'none' })).toBe(
    '403 pods "x" is forbidden: pod rejected: RuntimeClass "none" not found',
  );
  expect(await at({ runtimeClassName: 'vm', nodeSelector: { vm: 'no' } })).toBe(
    '403 pods "x" is forbidden: conflict: runtimeClass.scheduling.nodeSelector[vm] = yes; pod.spec.nodeSelector[vm] = no',
  );
  expect(await at({ overhead: { cpu: '1' } })).toBe(
    '403 pods "x" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
  );
  expect(await at({ runtimeClassName: 'vm', overhead: { cpu: '1' } })).toBe(
    "403 pods \"x\" is forbidden: pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
  );
});

describe('storage', () => {
  const storageClass = (name: string, more: object): Promise<KubeObject> =>
    api.client.create(STORAGE_CLASSES, {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name },
      provisioner: 'x/y',
      ...more,
    });
  const isDefault = { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } };

  test('claims get the default class and are protected; they grow when bound and their class allows it', async () => {
    // The class that is there from the start would be the default of two made in the same second.
    await api.client.delete(STORAGE_CLASSES, { name: 'local-path' });
    await storageClass('slow', { metadata: { name: 'slow', ...isDefault } });
    await storageClass('fast', { allowVolumeExpansion: true });
    const made = await api.client.create(PERSISTENT_VOLUME_CLAIMS, claim('slow', '1Gi'));
    expect(made).toMatchObject({
      metadata: { finalizers: ['kubernetes.io/pvc-protection'] },
      spec: { storageClassName: 'slow' },
    });
    const none = await api.client.create(PERSISTENT_VOLUME_CLAIMS, claim('none', '1Gi', { storageClassName: '' }));
    expect(none.spec?.storageClassName).toBe('');
    await api.client.create(PERSISTENT_VOLUME_CLAIMS, claim('fast', '1Gi', { storageClassName: 'fast' }));
    const grow = (name: string): Promise<PersistentVolumeClaim> =>
      api.client.patch(
        PERSISTENT_VOLUME_CLAIMS,
        { name, namespace: 'default' },
        { spec: { resources: { requests: { storage: '2Gi' } } } },
      );
    const bind = (name: string): Promise<PersistentVolumeClaim> =>
      api.client.patch(
        PERSISTENT_VOLUME_CLAIMS,
        { name, namespace: 'default', subresource: 'status' },
        { status: { phase: 'Bound' } },
      );
    expect(await refusal(grow('fast'))).toContain('422');
    await bind('slow');
    await bind('fast');
    expect(await refusal(grow('slow'))).toBe(
      '403 persistentvolumeclaims "slow" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    );
    expect((await grow('fast')).spec?.resources?.requests).toEqual({ storage: '2Gi' });
  });

  test('ingresses get the default class', async () => {
    await api.client.create(INGRESS_CLASSES, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name: 'nginx', annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } },
      spec: { controller: 'example.com/nginx' },
    });
    const ingress = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'i', namespace: 'default' },
      spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } } },
    };
    expect((await api.client.create(INGRESSES, ingress)).spec?.ingressClassName).toBe('nginx');
  });
});

describe('PodSecurity', () => {
  const PREFIX = 'pod-security.kubernetes.io/';
  const post = (path: string, body: object, method = 'POST') =>
    rawRequest(api, {
      method,
      path,
      body: JSON.stringify(body),
      headers: { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' },
    });
  const warningsOf = (headers: Record<string, string | string[] | undefined>): string =>
    String(headers['warning'] ?? '');

  test('refuses pods, warns of workloads, and tells of pods that are there when the level changes', async () => {
    await namespace('strict', { [`${PREFIX}enforce`]: 'baseline', [`${PREFIX}warn`]: 'restricted' });
    expect(await refusal(createPod(pod('p', { hostNetwork: true, hostPID: true }, 'strict')))).toBe(
      '403 pods "p" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true, hostPID=true)',
    );
    const warned = await post('/api/v1/namespaces/strict/pods', pod('warned', {}, 'strict'));
    expect(warned.code).toBe(201);
    expect(warningsOf(warned.headers)).toContain(
      'would violate PodSecurity \\"restricted:latest\\": allowPrivilegeEscalation != false',
    );
    const template = {
      metadata: { labels: { a: 'b' } },
      spec: { hostIPC: true, containers: [{ name: 'c', image: 'x' }] },
    };
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec: { selector: { matchLabels: { a: 'b' } }, template },
    };
    const made = await post('/apis/apps/v1/namespaces/strict/deployments', deployment);
    expect(made.code).toBe(201);
    expect(warningsOf(made.headers)).toContain('host namespaces (hostIPC=true)');
    const stricter = await post(
      '/api/v1/namespaces/strict',
      { metadata: { labels: { [`${PREFIX}enforce`]: 'restricted' } } },
      'PATCH',
    );
    expect(stricter.code).toBe(200);
    expect(warningsOf(stricter.headers)).toContain(
      'existing pods in namespace \\"strict\\" violate the new PodSecurity enforce level \\"restricted:latest\\"',
    );
    expect(warningsOf(stricter.headers)).toContain(
      'warned: allowPrivilegeEscalation != false, unrestricted capabilities',
    );
  });

  test('labels must mean something', async () => {
    expect(await refusal(namespace('odd', { [`${PREFIX}enforce`]: 'hard' }))).toBe(
      '422 Namespace "odd" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "hard": must be one of privileged, baseline, restricted',
    );
  });
});

describe('ResourceQuota', () => {
  const hard = (ns: string, amounts: Record<string, string>, used: Record<string, string>): Promise<KubeObject> =>
    api.client
      .create(RESOURCE_QUOTAS, {
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'q', namespace: ns },
        spec: { hard: amounts },
      })
      .then(() =>
        api.client.patch(
          RESOURCE_QUOTAS,
          { name: 'q', namespace: ns, subresource: 'status' },
          { status: { hard: amounts, used } },
        ),
      );
  const usedIn = async (ns: string) => (await api.client.get(RESOURCE_QUOTAS, 'q', ns)).status?.used;

  test('200 creates at once against a quota of 50 admit exactly 50', async () => {
    await namespace('fifty');
    await hard('fifty', { pods: '50' }, { pods: '0' });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 200 }, (_, index) => createPod(pod(`p${index}`, {}, 'fifty'))),
    );
    const refused = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [(outcome.reason as ApiError).message] : [],
    );
    expect(refused).toHaveLength(150);
    expect(refused[0]).toMatch(
      /^pods "p\d+" is forbidden: exceeded quota: q, requested: pods=1, used: pods=50, limited: pods=50$/,
    );
    expect((await api.client.list(PODS, { namespace: 'fifty' })).items).toHaveLength(50);
    expect(await usedIn('fifty')).toEqual({ pods: '50' });
  });

  test('services are charged when they change, and any kind by count', async () => {
    await namespace('counted');
    await hard(
      'counted',
      { services: '2', 'services.nodeports': '1', 'count/configmaps': '0' },
      { services: '0', 'services.nodeports': '0', 'count/configmaps': '0' },
    );
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's', namespace: 'counted' },
      spec: { ports: [{ port: 80 }, { port: 81, name: 'b' }] },
    };
    service.spec.ports.splice(1);
    await api.client.create(SERVICES, service);
    expect(await usedIn('counted')).toMatchObject({ services: '1', 'services.nodeports': '0' });
    await api.client.patch(SERVICES, { name: 's', namespace: 'counted' }, { spec: { type: 'NodePort' } });
    expect(await usedIn('counted')).toMatchObject({ services: '1', 'services.nodeports': '1' });
    const another = {
      ...service,
      metadata: { name: 't', namespace: 'counted' },
      spec: { ...service.spec, type: 'NodePort' },
    };
    expect(await refusal(api.client.create(SERVICES, another))).toBe(
      '403 services "t" is forbidden: exceeded quota: q, requested: services.nodeports=1, used: services.nodeports=1, limited: services.nodeports=1',
    );
    const map = await rawRequest(api, {
      method: 'POST',
      path: '/api/v1/namespaces/counted/configmaps',
      body: JSON.stringify({ metadata: { name: 'm' } }),
      headers: { 'content-type': 'application/json' },
    });
    expect(jsonOfAnswer(map)['message']).toBe(
      'configmaps "m" is forbidden: exceeded quota: q, requested: count/configmaps=1, used: count/configmaps=0, limited: count/configmaps=0',
    );
  });

  test('a dry run uses nothing up, and a quota nobody has counted for yet lets everything through', async () => {
    await namespace('dry');
    await api.client.create(RESOURCE_QUOTAS, {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'q', namespace: 'dry' },
      spec: { hard: { pods: '0' } },
    });
    await createPod(pod('free', {}, 'dry'));
    await api.client.patch(
      RESOURCE_QUOTAS,
      { name: 'q', namespace: 'dry', subresource: 'status' },
      { status: { hard: { pods: '2' }, used: { pods: '1' } } },
    );
    const answer = await rawRequest(api, {
      method: 'POST',
      path: '/api/v1/namespaces/dry/pods?dryRun=All',
      body: JSON.stringify(pod('dry', {}, 'dry')),
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.code).toBe(201);
    expect(await usedIn('dry')).toEqual({ pods: '1' });
  });
});

test('an owner reference takes the right to delete, and to hold the owner back', async () => {
  const limited = new ApiClient(api.server.inProcess({ name: 'system:node:n', groups: ['system:nodes'] }), 'test');
  const reference = { apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'u' };
  const lease = (name: string, more: object = {}) => ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace: 'kube-node-lease', ownerReferences: [{ ...reference, ...more }] },
  });
  const leases = {
    group: 'coordination.k8s.io',
    version: 'v1',
    kind: 'Lease',
    plural: 'leases',
    namespaced: true,
  } as const;
  expect(await refusal(limited.create(leases, lease('n', { blockOwnerDeletion: true })))).toMatch(
    /^403 leases\.coordination\.k8s\.io "n" is forbidden: cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: .*, <nil>$/s,
  );
  await limited.create(leases, lease('n'));
  const unknown = { ...lease('m', { kind: 'Widget', blockOwnerDeletion: true }) };
  expect(await refusal(api.client.create(leases, unknown))).toBe(
    '403 leases.coordination.k8s.io "m" is forbidden: cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion v1 Kind Widget: no matches for kind "Widget" in version "v1"',
  );
});
