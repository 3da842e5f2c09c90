import { describe, expect, test } from 'vitest';
import { attributesOf } from '../api-handler.ts';
import { requestInfoOf } from '../request-info.ts';
import { chainOf, mastersAuthorizer, refusal, type Attributes, type Authorizer } from './authorizer.ts';
import { NodeAuthorizer } from './node-authorizer.ts';
import { referencesOf } from './pod-references.ts';
import { RbacAuthorizer } from './rbac/rbac-authorizer.ts';
import { DEFAULT_POLICY } from './rbac/bootstrap/policy.ts';
import { RuleResolver } from './rbac/rule-resolver.ts';
import { rbacObjects } from './testing/rbac-objects.ts';

const node = { name: 'system:node:a', groups: ['system:nodes', 'system:authenticated'] };
const ask = (user: Attributes['user'], method: string, path: string, query = ''): Attributes =>
  attributesOf({ user }, requestInfoOf(method, path, new URLSearchParams(query)));

/** Node `a` runs one pod, with what it uses. */
const OF_NODE_A = new Set([
  'secrets/default/mine',
  'serviceaccounts/default/robot',
  'persistentvolumeclaims/default/data',
  'persistentvolumes//disk',
  'volumeattachments//att',
]);
const graph = {
  refers: (name: string, kind: string, namespace: string, object: string): Promise<boolean> =>
    Promise.resolve(name === 'a' && OF_NODE_A.has(`${kind}/${namespace}/${object}`)),
};
const nodes = new NodeAuthorizer(graph);
const upstream = {
  ...DEFAULT_POLICY,
  clusterRoleBindings: DEFAULT_POLICY.clusterRoleBindings.filter(
    ({ metadata }) => metadata?.name !== 'system:wheelhouse-node',
  ),
};
const withPolicy = (policy: typeof upstream): Authorizer =>
  chainOf([mastersAuthorizer, nodes, new RbacAuthorizer(new RuleResolver(rbacObjects(policy)))]);
/** As upstream decides; and with what our agent may read besides. */
const authorizer = withPolicy(upstream);
const ours = withPolicy(DEFAULT_POLICY);
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
    ['POST', `${NS}/pods`, '', 'allow'],
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
    ['GET', `${NS}/serviceaccounts/robot`, '', 'allow'],
    ['POST', `${NS}/serviceaccounts/robot/token`, '', 'allow'],
    ['POST', `${NS}/serviceaccounts/other/token`, '', "no relationship found between node 'a' and this object"],
    ['POST', `${NS}/serviceaccounts`, '', 'can only create tokens for individual service accounts'],
    ['POST', `${NS}/serviceaccounts/robot/other`, '', 'can only create token subresource of serviceaccount'],
    ['GET', `${NS}/persistentvolumeclaims/data`, '', 'allow'],
    ['GET', `${NS}/persistentvolumeclaims/other`, '', "no relationship found between node 'a' and this object"],
    ['GET', `${NS}/persistentvolumeclaims`, '', 'can only get individual resources of this type'],
    ['PATCH', `${NS}/persistentvolumeclaims/data/status`, '', 'allow'],
    ['GET', `${NS}/persistentvolumeclaims/data/status`, '', 'can only get/update/patch this type'],
    ['PUT', `${NS}/persistentvolumeclaims/data`, '', 'can only get individual resources of this type'],
    ['GET', '/api/v1/persistentvolumes/disk', '', 'allow'],
    ['GET', '/api/v1/persistentvolumes/other', '', "no relationship found between node 'a' and this object"],
    ['GET', '/apis/storage.k8s.io/v1/volumeattachments/att', '', 'allow'],
    [
      'GET',
      '/apis/storage.k8s.io/v1/volumeattachments/b',
      '',
      "no relationship found between node 'a' and this object",
    ],
    ['PUT', '/apis/storage.k8s.io/v1/csinodes/a', '', 'allow'],
    ['POST', '/apis/storage.k8s.io/v1/csinodes', '', 'allow'],
    [
      'PUT',
      '/apis/storage.k8s.io/v1/csinodes/b',
      '',
      'can only access CSINode with the same name as the requesting node',
    ],
    ['GET', '/apis/storage.k8s.io/v1/csinodes', '', 'can only get, create, update, patch, or delete a CSINode'],
    ['GET', '/apis/storage.k8s.io/v1/csidrivers', 'watch=1', 'allow'],
    ['GET', '/apis/node.k8s.io/v1/runtimeclasses', '', 'allow'],
    ['GET', '/api/v1/services', 'watch=1', 'allow'],
    ['GET', '/apis/discovery.k8s.io/v1/endpointslices', '', ''],
    ['POST', '/apis/certificates.k8s.io/v1/certificatesigningrequests', '', 'allow'],
    ['PUT', '/apis/certificates.k8s.io/v1/certificatesigningrequests/x/approval', '', ''],
    ['POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', '', 'allow'],
    ['POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', '', 'allow'],
    ['GET', '/apis/resource.k8s.io/v1/namespaces/default/resourceclaims/x', '', ''],
    ['GET', '/apis/rbac.authorization.k8s.io/v1/clusterroles', '', ''],
    ['GET', '/apis', '', 'allow'],
    ['GET', '/metrics', '', ''],
  ])('a node: %s %s?%s is %s', async (method, path, query, expected) => {
    const decision = await authorizer.authorize(ask(node, method, path, query));
    expect(decision.verdict === 'allow' ? 'allow' : decision.reason).toBe(expected);
  });

  test.each([
    '/api/v1/services',
    '/api/v1/namespaces',
    '/api/v1/nodes',
    '/api/v1/pods',
    '/apis/discovery.k8s.io/v1/endpointslices',
    '/apis/networking.k8s.io/v1/ingresses',
    '/apis/networking.k8s.io/v1/networkpolicies',
  ])('our agent reads %s, and does not write it', async (path) => {
    expect((await ours.authorize(ask(node, 'GET', path, 'watch=1'))).verdict).toBe('allow');
    expect((await ours.authorize(ask(node, 'DELETE', path))).verdict).toBe('no-opinion');
  });

  test.each([
    '/api/v1/secrets',
    '/api/v1/configmaps',
    `${NS}/secrets`,
    `${NS}/secrets/other`,
    '/api/v1/serviceaccounts',
  ])('our agent does not read %s', async (path) => {
    expect((await ours.authorize(ask(node, 'GET', path))).verdict).toBe('no-opinion');
  });

  test('who is no node by name, or no node by group, has nothing of a node', async () => {
    const stray = { name: 'system:node:', groups: ['system:nodes', 'system:authenticated'] };
    expect((await authorizer.authorize(ask(stray, 'GET', '/api/v1/nodes/a'))).reason).toBe(
      'unknown node for user "system:node:"',
    );
    const impostor = { name: 'system:node:a', groups: ['system:authenticated'] };
    expect(await authorizer.authorize(ask(impostor, 'GET', '/api/v1/nodes/a'))).toEqual({
      verdict: 'no-opinion',
      reason: '',
    });
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
        { name: 'v0', persistentVolumeClaim: { claimName: 'p1' } },
        { name: 'scratch', ephemeral: { volumeClaimTemplate: { spec: {} } } },
        { name: 'v1', secret: { secretName: 's4' } },
        { name: 'v2', configMap: { name: 'c3' } },
        { name: 'v3', projected: { sources: [{ secret: { name: 's5' } }, { configMap: { name: 'c4' } }] } },
      ],
    },
  });
  expect([...references.secrets].sort()).toEqual(['s1', 's2', 's3', 's4', 's5']);
  expect([...references.configMaps].sort()).toEqual(['c1', 'c2', 'c3', 'c4']);
  expect([...references.claims].sort()).toEqual(['p-scratch', 'p1']);
  expect(references.serviceAccount).toBe('sa');
});

test('a mirror pod refers to nothing: a node makes it by itself', () => {
  const references = referencesOf({
    metadata: { name: 'p', annotations: { 'kubernetes.io/config.mirror': 'x' } },
    spec: { serviceAccountName: 'sa', containers: [], volumes: [{ name: 'v', secret: { secretName: 's' } }] },
  });
  expect({ secrets: references.secrets.size, account: references.serviceAccount }).toEqual({ secrets: 0, account: '' });
});
