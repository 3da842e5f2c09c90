import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiClient } from '../../../shared/client/api-client.ts';
import { type ApiError, isForbidden } from '../../../shared/api/errors.ts';
import {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  INGRESSES,
  LOCAL_SUBJECT_ACCESS_REVIEWS,
  NAMESPACES,
  NODES,
  ROLE_BINDINGS,
  ROLES,
  SECRETS,
  SELF_SUBJECT_ACCESS_REVIEWS,
  SELF_SUBJECT_REVIEWS,
  SELF_SUBJECT_RULES_REVIEWS,
  SUBJECT_ACCESS_REVIEWS,
  type Ingress,
  type Node,
} from '../../../shared/api/kinds.ts';
import type { ClusterRole } from '../../../shared/api/kinds.ts';
import { startApiServer } from '../index.ts';
import { jsonOfAnswer, rawRequest, type RawRequest } from '../testing/https-client.ts';
import { startFakeKubelet, type FakeKubelet } from '../testing/fake-kubelet.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

const rbac = 'rbac.authorization.k8s.io';
let api: TestServer;
let kubelet: FakeKubelet;
const dialled: string[] = [];

const as = (name: string, ...groups: string[]): ApiClient =>
  new ApiClient(api.server.inProcess({ name, groups }), 'test');
const failure = (promise: Promise<unknown>): Promise<ApiError> =>
  promise.then(
    () => {
      throw new Error('was not refused');
    },
    (error: unknown) => error as ApiError,
  );

/** Gives `ann` of a namespace everything there is in it. */
async function administerNamespace(namespace: string): Promise<void> {
  await api.client.create(NAMESPACES, { metadata: { name: namespace } });
  await api.client.create(ROLES, {
    metadata: { name: 'all', namespace },
    rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
  });
  await api.client.create(ROLE_BINDINGS, {
    metadata: { name: 'ann', namespace },
    roleRef: { apiGroup: rbac, kind: 'Role', name: 'all' },
    subjects: [{ kind: 'User', apiGroup: rbac, name: 'ann' }],
  });
}

beforeAll(async () => {
  kubelet = await startFakeKubelet();
  api = await startTestServer({
    dialNode: (node) => {
      dialled.push(node);
      return kubelet.dial(node);
    },
  });
  await administerNamespace('shop');
  await api.client.create(CLUSTER_ROLES, {
    metadata: { name: 'deployments' },
    rules: [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list'] }],
  });
  await api.client.create(CLUSTER_ROLE_BINDINGS, {
    metadata: { name: 'deployments' },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'deployments' },
    subjects: [{ kind: 'User', apiGroup: rbac, name: 'ann' }],
  });
});
afterAll(async () => {
  await api.close();
  await kubelet.close();
});

describe('the default policy', () => {
  test('is there from the first request on: a user without roles looks around and no further', async () => {
    const nobody = as('nobody').transport;
    expect(await nobody.request({ method: 'GET', path: '/version' })).toHaveProperty('major');
    expect(await nobody.request({ method: 'GET', path: '/apis' })).toHaveProperty('groups');
    expect(isForbidden(await failure(nobody.request({ method: 'GET', path: '/metrics' })))).toBe(true);
    expect((await failure(as('nobody').list(SECRETS))).message).toBe(
      'secrets is forbidden: User "nobody" cannot list resource "secrets" in API group "" at the cluster scope',
    );
  });

  test('is mended at the next start, except where an administrator took an object out', async () => {
    const broken = await api.client.get(CLUSTER_ROLES, 'system:discovery');
    await api.client.update(CLUSTER_ROLES, { ...broken, rules: [] });
    const own = await api.client.get(CLUSTER_ROLES, 'system:monitoring');
    const annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'false' };
    await api.client.update(CLUSTER_ROLES, { ...own, metadata: { ...own.metadata, annotations }, rules: [] });
    await api.client.delete(CLUSTER_ROLE_BINDINGS, { name: 'system:basic-user' });
    const before = api.storage.revision;

    const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    const { storage, pki, tokens } = api;
    const again = await startApiServer(
      { storage, pki, tokens, log, clock: { now: () => Date.now() }, dialNode: kubelet.dial },
      { listen: { host: '127.0.0.1', port: 0 } },
    );
    await again.close();

    const mended: ClusterRole = await api.client.get(CLUSTER_ROLES, 'system:discovery');
    expect(mended.rules?.flatMap(({ nonResourceURLs }) => nonResourceURLs ?? [])).toContain('/apis/*');
    expect((await api.client.get(CLUSTER_ROLES, 'system:monitoring')).rules ?? []).toEqual([]);
    expect((await api.client.get(CLUSTER_ROLE_BINDINGS, 'system:basic-user')).subjects).toHaveLength(1);
    // Nothing that was whole has been written again.
    expect(api.storage.revision - before).toBe(2);
  });
});

describe('reviews', () => {
  test('of one’s own access carry the reason', async () => {
    const ask = (namespace: string): Promise<unknown> =>
      as('ann').create(SELF_SUBJECT_ACCESS_REVIEWS, {
        spec: { resourceAttributes: { namespace, verb: 'delete', resource: 'pods', name: 'web' } },
      });
    expect(await ask('shop')).toHaveProperty('status', {
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "ann/shop" of Role "all" to User "ann"',
    });
    expect(await ask('default')).toHaveProperty('status', { allowed: false });
  });

  test('of others name their groups, and are for who may ask', async () => {
    const review = {
      spec: { user: 'bob', groups: ['system:masters'], nonResourceAttributes: { path: '/x', verb: 'get' } },
    };
    expect((await api.client.create(SUBJECT_ACCESS_REVIEWS, review)).status?.allowed).toBe(true);
    expect(isForbidden(await failure(as('ann').create(SUBJECT_ACCESS_REVIEWS, review)))).toBe(true);
    const local = {
      metadata: { namespace: 'shop' },
      spec: { user: 'bob', resourceAttributes: { namespace: 'shop', verb: 'get', resource: 'pods' } },
    };
    expect((await as('ann').create(LOCAL_SUBJECT_ACCESS_REVIEWS, local)).status).toEqual({ allowed: false });
  });

  test.each<[string, object, string]>([
    [
      'selfsubjectaccessreviews',
      {},
      'spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
    ],
    [
      'subjectaccessreviews',
      { nonResourceAttributes: { path: '/', verb: 'get' } },
      'spec.user: Invalid value: "": at least one of user or group must be specified',
    ],
    [
      'subjectaccessreviews',
      { user: 'x', nonResourceAttributes: {}, resourceAttributes: {} },
      'cannot be specified in combination with resourceAttributes',
    ],
  ])('%s with a wrong spec are refused', async (plural, spec, message) => {
    const error = await failure(
      api.client.transport.request({ method: 'POST', path: `/apis/authorization.k8s.io/v1/${plural}`, body: { spec } }),
    );
    expect([error.code, error.message]).toEqual([422, expect.stringContaining(message)]);
  });

  test('of a namespace are for that namespace', async () => {
    const spec = { user: 'bob', resourceAttributes: { namespace: 'other', verb: 'get', resource: 'pods' } };
    const error = await failure(
      api.client.create(LOCAL_SUBJECT_ACCESS_REVIEWS, { metadata: { namespace: 'shop' }, spec }),
    );
    expect(error.message).toContain('must match metadata.namespace');
  });

  test('selectors that cannot be read are said to be ignored', async () => {
    const ask = (fieldSelector: object): Promise<unknown> =>
      api.client.create(SELF_SUBJECT_ACCESS_REVIEWS, {
        spec: { resourceAttributes: { verb: 'list', resource: 'pods', fieldSelector } },
      });
    expect(await ask({ rawSelector: 'nonsense' })).toHaveProperty(
      'status.evaluationError',
      'spec.resourceAttributes.fieldSelector ignored due to parse error',
    );
    const requirements = [
      { key: 'a', operator: 'In', values: ['b'] },
      { key: 'c', operator: 'Exists' },
    ];
    expect(await ask({ requirements })).toHaveProperty(
      'status.evaluationError',
      'spec.resourceAttributes.fieldSelector partially ignored due to parse error',
    );
    expect(await ask({ rawSelector: 'spec.nodeName=a' })).not.toHaveProperty('status.evaluationError');
  });

  test('a node’s rules are said to be incomplete', async () => {
    const { status } = await as('system:node:a', 'system:nodes').create(SELF_SUBJECT_RULES_REVIEWS, {
      spec: { namespace: 'shop' },
    });
    expect(status?.incomplete).toBe(true);
    expect(status?.evaluationError).toBe('node authorizer does not support user rule resolution');
    expect(status?.resourceRules.some(({ resources }) => resources?.includes('endpointslices'))).toBe(true);
  });

  test('tell who one is', async () => {
    const { status } = await as('ann', 'dev').create(SELF_SUBJECT_REVIEWS, {});
    expect(status?.userInfo).toEqual({ username: 'ann', groups: ['dev', 'system:authenticated'] });
  });

  test('can only be created', async () => {
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    for (const [method, suffix] of [
      ['GET', ''],
      ['POST', '/x'],
      ['DELETE', '/x'],
    ] as const)
      expect((await rawRequest(api, { method, path: path + suffix })).code).toBe(405);
  });
});

describe('a node', () => {
  const node = (): ApiClient => as('system:node:n1', 'system:nodes');

  test('reads a Secret that an Ingress names, from the moment it does until it no longer does', async () => {
    await api.client.create(SECRETS, { metadata: { name: 'cert', namespace: 'shop' } });
    const read = (): Promise<unknown> => node().get(SECRETS, 'cert', 'shop');
    expect((await failure(read())).message).toContain("no relationship found between node 'n1' and this object");
    const ingress: Ingress = {
      metadata: { name: 'web', namespace: 'shop' },
      spec: {
        tls: [{ hosts: ['a.example.com'], secretName: 'cert' }],
        defaultBackend: { service: { name: 'web', port: { number: 80 } } },
      },
    };
    await api.client.create(INGRESSES, ingress);
    expect(await read()).toHaveProperty('metadata.name', 'cert');
    await api.client.delete(INGRESSES, { name: 'web', namespace: 'shop' });
    expect(isForbidden(await failure(read()))).toBe(true);
  });

  test('CVE-2021-25735: does not shake off its taints or pick labels by what it sends', async () => {
    const taints = [{ key: 'dedicated', value: 'x', effect: 'NoSchedule' }];
    const stored = await api.client.create(NODES, { metadata: { name: 'n1' }, spec: { taints } } as Node);
    const { taints: _taints, ...spec } = stored.spec ?? {};
    for (const subresource of [undefined, 'status']) {
      const forged = { ...stored, metadata: { ...stored.metadata, labels: { 'node-role.kubernetes.io/x': '' } }, spec };
      const outcome = await node()
        .update(NODES, forged, subresource)
        .catch((error: unknown) => error);
      if (subresource === undefined) expect(isForbidden(outcome)).toBe(true);
    }
    const after = await api.client.get(NODES, 'n1');
    expect(after.spec?.taints).toEqual(expect.arrayContaining([expect.objectContaining({ key: 'dedicated' })]));
    expect(after.metadata?.labels ?? {}).not.toHaveProperty('node-role.kubernetes.io/x');
  });
});

describe('known holes', () => {
  const asAnn = async (request: RawRequest): Promise<{ code: number; text: string }> => {
    const { key, certificate } = await api.pki.issueClientCertificate({ commonName: 'ann', organizations: [] });
    return rawRequest(api, { token: null, key, cert: certificate, ...request });
  };

  test.each([
    '/apis/apps/v1/deployments/../daemonsets',
    '/apis/apps/v1/deployments/%2e%2e/daemonsets',
    '/apis/apps/v1/deployments/..%2fdaemonsets',
    '/apis/apps/v1/deployments%2f..%2fdaemonsets',
    '/apis/apps/v1/namespaces/shop/deployments/../../default/daemonsets',
    '/apis/apps/v1//daemonsets',
    '/apis/apps/v1/deployments/..%5cdaemonsets',
  ])('CVE-2022-3162: %s reads no other kind', async (path) => {
    expect((await asAnn({ path: '/apis/apps/v1/deployments' })).code).toBe(200);
    expect((await asAnn({ path: '/apis/apps/v1/daemonsets' })).code).toBe(403);
    const answer = await asAnn({ path });
    expect(answer.code).toBe(400);
    expect(answer.text).not.toContain('DaemonSetList');
  });

  test.each([
    ['GET', '/api/v1/namespaces/shop/nodes'],
    ['GET', '/api/v1/namespaces/shop/nodes/n1'],
    ['GET', '/apis/rbac.authorization.k8s.io/v1/namespaces/shop/clusterroles'],
    ['POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/shop/clusterroles'],
    ['DELETE', '/apis/rbac.authorization.k8s.io/v1/namespaces/shop/clusterroles/cluster-admin'],
    ['PATCH', '/api/v1/namespaces/shop/persistentvolumes/x'],
  ])('CVE-2019-11247: %s %s finds nothing of the cluster in a namespace', async (method, path) => {
    const headers = { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' };
    const body =
      method === 'GET' || method === 'DELETE' ? {} : { body: JSON.stringify({ metadata: { name: 'evil' } }), headers };
    const answer = await asAnn({ method, path, ...body });
    expect(answer.code).toBe(404);
    expect((await api.client.get(CLUSTER_ROLES, 'cluster-admin')).rules).toHaveLength(2);
    expect((await failure(api.client.get(CLUSTER_ROLES, 'evil'))).code).toBe(404);
  });

  test('CVE-2022-3294: a node is reached by its name, whatever address it says it has', async () => {
    let visits = 0;
    const trap = createServer((socket) => {
      visits += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => trap.listen(0, '127.0.0.1', resolve));
    const { port } = trap.address() as AddressInfo;
    await api.client.create(NODES, { metadata: { name: 'n2' } } as Node);
    const stored = await api.client.get(NODES, 'n2');
    await api.client.updateStatus(NODES, {
      ...stored,
      status: {
        ...stored.status,
        addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
        daemonEndpoints: { kubeletEndpoint: { Port: port } },
      },
    });
    dialled.length = 0;
    const summary = await rawRequest(api, { path: '/api/v1/nodes/n2/proxy/stats/summary' });
    expect(summary.code).toBe(200);
    for (const name of [`127.0.0.1:${port}`, `n2:${port}`, `http:n2:${port}`, `http:127.0.0.1:${port}`])
      expect((await rawRequest(api, { path: `/api/v1/nodes/${name}/proxy/` })).code).toBe(404);
    expect(dialled).toEqual(['n2']);
    expect(visits).toBe(0);
    await new Promise((resolve) => trap.close(resolve));
    expect(
      isForbidden(await failure(as('ann').transport.request({ method: 'GET', path: '/api/v1/nodes/n2/proxy/pods' }))),
    ).toBe(true);
  });

  test('a refusal names who asked and what for', async () => {
    const answer = await asAnn({ path: '/api/v1/nodes' });
    expect(jsonOfAnswer({ ...answer, headers: {} })).toMatchObject({
      reason: 'Forbidden',
      message: 'nodes is forbidden: User "ann" cannot list resource "nodes" in API group "" at the cluster scope',
    });
  });
});

test('the server has not failed inside', () => {
  expect(api.errors).toEqual([]);
});
