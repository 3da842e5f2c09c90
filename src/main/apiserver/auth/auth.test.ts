import { describe, expect, test } from 'vitest';
import { chainOf, discoveryAuthorizer, mastersAuthorizer, refusal, type Attributes } from './authorizer.ts';
import { Authenticator } from './authenticator.ts';
import { NodeAuthorizer } from './node-authorizer.ts';
import { referencesOf } from './pod-references.ts';
import { staticTokens } from './tokens.ts';
import { requestInfoOf } from '../request-info.ts';
import { attributesOf } from '../api-handler.ts';

const node = { name: 'system:node:a', groups: ['system:nodes', 'system:authenticated'] };
const ask = (user: Attributes['user'], method: string, path: string, query = ''): Attributes =>
  attributesOf({ user }, requestInfoOf(method, path, new URLSearchParams(query)));

/** Node `a` runs one pod, which uses the Secret `mine`. */
const graph = {
  refers: (name: string, kind: string, namespace: string, object: string): Promise<boolean> =>
    Promise.resolve(name === 'a' && `${kind}/${namespace}/${object}` === 'secrets/default/mine'),
};
const authorizer = chainOf([mastersAuthorizer, new NodeAuthorizer(graph), discoveryAuthorizer]);
const NS = '/api/v1/namespaces/default';

describe('authorization', () => {
  test.each<[string, string, string, string]>([
    ['GET', '/api/v1/nodes/a', '', 'allow'],
    ['GET', '/api/v1/nodes/b', '', "node 'a' cannot read 'b', only its own Node object"],
    ['GET', '/api/v1/nodes', '', "node 'a' cannot read all nodes, only its own Node object"],
    ['GET', '/api/v1/nodes', 'fieldSelector=metadata.name%3Da&watch=1', 'allow'],
    ['DELETE', '/api/v1/nodes/a', '', ''],
    ['PATCH', '/api/v1/nodes/a/status', '', 'allow'],
    ['GET', '/api/v1/pods', 'fieldSelector=spec.nodeName%3Da', 'allow'],
    [
      'GET',
      '/api/v1/pods',
      'fieldSelector=spec.nodeName%21%3Da',
      'can only list/watch pods with spec.nodeName field selector',
    ],
    [
      'GET',
      '/api/v1/pods',
      'fieldSelector=spec.nodeName%3Db',
      'can only list/watch pods with spec.nodeName field selector',
    ],
    ['GET', '/api/v1/pods', '', 'can only list/watch pods with spec.nodeName field selector'],
    ['POST', `${NS}/pods`, '', ''],
    ['PATCH', `${NS}/pods/p/status`, '', 'allow'],
    ['PATCH', `${NS}/pods/p`, '', ''],
    ['DELETE', `${NS}/pods/p`, '', 'allow'],
    ['GET', `${NS}/pods/p/exec`, '', ''],
    ['GET', `${NS}/secrets/mine`, '', 'allow'],
    ['GET', `${NS}/secrets/other`, '', "no relationship found between node 'a' and this object"],
    ['GET', `${NS}/secrets`, '', 'No Object name found'],
    ['GET', '/api/v1/secrets', '', 'can only read namespaced object of this type'],
    ['PATCH', `${NS}/secrets/mine`, '', 'can only read resources of this type'],
    ['PUT', '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/a', '', 'allow'],
    [
      'PUT',
      '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/b',
      '',
      'can only access node lease with the same name as the requesting node',
    ],
    [
      'POST',
      '/apis/coordination.k8s.io/v1/namespaces/default/leases',
      '',
      'can only access leases in the "kube-node-lease" system namespace',
    ],
    ['POST', `${NS}/events`, '', 'allow'],
    ['GET', `${NS}/events`, '', ''],
    ['GET', '/apis/machines.wheelhouse.dev/v1alpha1/machines', '', ''],
    ['GET', '/apis', '', 'allow'],
    ['GET', '/metrics', '', ''],
  ])('a node: %s %s?%s is %s', async (method, path, query, expected) => {
    const decision = await authorizer.authorize(ask(node, method, path, query));
    expect(decision.verdict === 'allow' ? 'allow' : decision.reason).toBe(expected);
  });

  test('lets masters do everything and a nobody only look around', async () => {
    const verdict = async (groups: string[], path: string): Promise<string> =>
      (await authorizer.authorize(ask({ name: 'x', groups }, 'GET', path))).verdict;
    expect(await verdict(['system:masters'], '/api/v1/secrets')).toBe('allow');
    expect(await verdict(['system:authenticated'], '/api/v1/secrets')).toBe('no-opinion');
    expect(await verdict(['system:authenticated'], '/version')).toBe('allow');
    expect(await verdict([], '/version')).toBe('no-opinion');
  });

  test('refuses in upstream’s words', () => {
    expect(refusal(ask(node, 'GET', '/api/v1/nodes/b'), 'why').message).toBe(
      'nodes "b" is forbidden: User "system:node:a" cannot get resource "nodes" in API group "" at the cluster scope: why',
    );
    expect(refusal(ask(node, 'PATCH', '/apis/apps/v1/namespaces/x/deployments/d/scale'), '').message).toBe(
      'deployments.apps "d" is forbidden: User "system:node:a" cannot patch resource "deployments/scale" in API group "apps" in the namespace "x"',
    );
    expect(refusal(ask(node, 'GET', '/metrics'), '').message).toBe(
      'forbidden: User "system:node:a" cannot get path "/metrics"',
    );
  });
});

describe('authentication', () => {
  const tokens = staticTokens([{ token: 'secret', user: { name: 'ui', groups: ['system:masters'] } }]);
  const at = (now: number): Authenticator => new Authenticator(tokens, { now: () => now });
  const peer = { user: { name: 'cert', groups: ['g'] }, expiresAt: 1000 };

  test('takes a certificate until the moment it expires', async () => {
    expect(await at(999).authenticate(peer, undefined)).toEqual({
      name: 'cert',
      groups: ['g', 'system:authenticated'],
    });
    expect(await at(1000).authenticate(peer, undefined)).toBeUndefined();
    expect((await at(1000).authenticate(peer, 'Bearer secret'))?.name).toBe('ui');
  });

  test.each([undefined, '', 'Bearer ', 'Bearer secre', 'Bearer secrets', 'Basic secret', 'secret', 'Bearer secret x'])(
    'does not take the header %s',
    async (header) => {
      expect(await at(0).authenticate(undefined, header)).toBeUndefined();
    },
  );
});

test('a pod refers to what its environment, volumes and pulls need', () => {
  const references = referencesOf({
    metadata: { name: 'p' },
    spec: {
      serviceAccountName: 'sa',
      imagePullSecrets: [{ name: 's1' }],
      initContainers: [{ name: 'i', envFrom: [{ secretRef: { name: 's2' } }, { configMapRef: { name: 'c1' } }] }],
      containers: [
        {
          name: 'c',
          env: [
            { name: 'A', valueFrom: { secretKeyRef: { name: 's3', key: 'k' } } },
            { name: 'B', valueFrom: { configMapKeyRef: { name: 'c2', key: 'k' } } },
          ],
        },
      ],
      volumes: [
        { name: 'v1', secret: { secretName: 's4' } },
        { name: 'v2', configMap: { name: 'c3' } },
        { name: 'v3', projected: { sources: [{ secret: { name: 's5' } }, { configMap: { name: 'c4' } }] } },
      ],
    },
  });
  expect([...references.secrets].sort()).toEqual(['s1', 's2', 's3', 's4', 's5']);
  expect([...references.configMaps].sort()).toEqual(['c1', 'c2', 'c3', 'c4']);
  expect(references.serviceAccount).toBe('sa');
});
