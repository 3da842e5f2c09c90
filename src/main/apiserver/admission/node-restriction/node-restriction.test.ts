import { describe, expect, test } from 'vitest';
import { isApiError } from '../../../../shared/api/errors.ts';
import { KindCatalog } from '../../../resources/catalog.ts';
import type { StoredObject } from '../../../store/storage.ts';
import type { AdmissionRequest } from '../chain.ts';
import { nodeRestriction } from './node-restriction.ts';

const catalog = new KindCatalog();
const user = { name: 'system:node:a', groups: ['system:nodes'] };
const objects: Record<string, object> = {
  '/core/nodes/a': { metadata: { name: 'a', uid: 'node-uid' } },
  '/core/pods/default/mine': { metadata: { name: 'mine', uid: 'mine-uid' }, spec: { nodeName: 'a' } },
  '/core/pods/default/other': { metadata: { name: 'other', uid: 'other-uid' }, spec: { nodeName: 'b' } },
};
const plugin = nodeRestriction({
  storage: {
    get: (key) => Promise.resolve(objects[key] ? ({ key, value: objects[key] } as unknown as StoredObject) : undefined),
  },
});

async function admit(
  operation: AdmissionRequest['operation'],
  where: string,
  parts: { object?: object; old?: object; user?: AdmissionRequest['user'] } = {},
): Promise<string> {
  const [group = '', plural = '', name = '', subresource = ''] = where.split('/');
  const kind = catalog.findResource(group, plural);
  if (!kind) throw new Error(where);
  const request = {
    operation,
    kind,
    name,
    subresource,
    namespace: kind.type.plural === 'leases' ? 'kube-node-lease' : kind.type.namespaced ? 'default' : '',
    user,
    dryRun: false,
    warn: () => undefined,
    ...parts,
  } as AdmissionRequest;
  try {
    await plugin.validate?.(request);
    return 'admitted';
  } catch (error) {
    if (!isApiError(error)) throw error;
    return error.message.replace(/^.*? is forbidden: /, '');
  }
}

describe('its Node', () => {
  const node = (metadata: object, spec: object = {}): object => ({ metadata: { name: 'a', ...metadata }, spec });

  test('is its own only', async () => {
    expect(await admit('UPDATE', '/nodes/a', { object: node({}), old: node({}) })).toBe('admitted');
    expect(await admit('UPDATE', '/nodes/b', { object: node({}), old: node({}) })).toBe(
      'node "a" is not allowed to modify node "b"',
    );
    expect(
      await admit('UPDATE', '/nodes/b', { object: node({}), old: node({}), user: { name: 'ann', groups: [] } }),
    ).toBe('admitted');
    expect(await admit('CREATE', '/nodes/a', { user: { name: 'system:node:', groups: ['system:nodes'] } })).toBe(
      'could not determine node from user "system:node:"',
    );
  });

  test.each<[string, object, object, string]>([
    [
      'a taint taken away',
      node({}),
      node({}, { taints: [{ key: 'x', effect: 'NoSchedule' }] }),
      'node "a" is not allowed to modify taints',
    ],
    [
      'a label of Kubernetes',
      node({ labels: { 'node-role.kubernetes.io/control-plane': '' } }),
      node({}),
      'is not allowed to modify labels: node-role.kubernetes.io/control-plane',
    ],
    [
      'a restricted label',
      node({}),
      node({ labels: { 'x.node-restriction.kubernetes.io/y': '1' } }),
      'is not allowed to modify labels: x.node-restriction.kubernetes.io/y',
    ],
    ['a kubelet’s label', node({ labels: { 'kubernetes.io/os': 'linux', mine: '1' } }), node({}), 'admitted'],
    [
      'its config source',
      node({}, { configSource: { configMap: { name: 'x' } } }),
      node({}),
      'node "a" is not allowed to update configSource to a new non-nil configSource',
    ],
  ])('%s', async (_what, object, old, expected) => {
    expect(await admit('UPDATE', '/nodes/a', { object, old })).toBe(expected);
  });

  test('CVE-2025-5187: it cannot have itself deleted by way of an owner', async () => {
    const owned = node({ ownerReferences: [{ apiVersion: 'v1', kind: 'Namespace', name: 'gone', uid: 'u' }] });
    const refused = 'node "a" is not allowed to modify ownerReferences';
    expect(await admit('UPDATE', '/nodes/a', { object: owned, old: node({}) })).toBe(refused);
    expect(await admit('UPDATE', '/nodes/a/status', { object: owned, old: node({}) })).toBe(refused);
    expect(await admit('UPDATE', '/nodes/a', { object: node({}), old: owned })).toBe(refused);
  });

  test('CVE-2021-25735: what is stored counts, not what the request says it was', async () => {
    const tainted = node({ labels: { 'example.com/zone': 'a' } }, { taints: [{ key: 'x', effect: 'NoExecute' }] });
    const forged = node({ labels: { 'example.com/zone': 'a' }, resourceVersion: '1' }, { taints: [] });
    expect(await admit('UPDATE', '/nodes/a', { object: forged, old: tainted })).toBe(
      'node "a" is not allowed to modify taints',
    );
  });
});

describe('its pods', () => {
  const owner = { apiVersion: 'v1', kind: 'Node', name: 'a', uid: 'node-uid', controller: true };
  const mirror = (spec: object = {}, metadata: object = {}): object => ({
    metadata: {
      name: 'etcd-a',
      annotations: { 'kubernetes.io/config.mirror': 'hash' },
      ownerReferences: [owner],
      ...metadata,
    },
    spec: { nodeName: 'a', containers: [], ...spec },
  });

  test.each<[string, object, string]>([
    ['a mirror pod', mirror(), 'admitted'],
    [
      'any pod',
      { metadata: { name: 'x' }, spec: { nodeName: 'a' } },
      'pod does not have "kubernetes.io/config.mirror" annotation, node "a" can only create mirror pods',
    ],
    ['for another node', mirror({ nodeName: 'b' }), 'node "a" can only create pods with spec.nodeName set to itself'],
    [
      'without an owner',
      mirror({}, { ownerReferences: [] }),
      'node "a" can only create pods with an owner reference set to itself',
    ],
    [
      'with two owners',
      mirror({}, { ownerReferences: [owner, owner] }),
      'node "a" can only create pods with a single owner reference set to itself',
    ],
    [
      'of another owner',
      mirror({}, { ownerReferences: [{ ...owner, name: 'b' }] }),
      'node "a" can only create pods with an owner reference set to itself',
    ],
    [
      'uncontrolled',
      mirror({}, { ownerReferences: [{ ...owner, controller: false }] }),
      'node "a" can only create pods with a controller owner reference set to itself',
    ],
    [
      'blocking',
      mirror({}, { ownerReferences: [{ ...owner, blockOwnerDeletion: true }] }),
      'node "a" must not set blockOwnerDeletion on an owner reference',
    ],
    [
      'of a node of the same name',
      mirror({}, { ownerReferences: [{ ...owner, uid: 'old' }] }),
      'node a UID mismatch: expected old got node-uid',
    ],
    [
      'with an account',
      mirror({ serviceAccountName: 'x' }),
      'node "a" can not create pods that reference a service account',
    ],
    [
      'with a secret',
      mirror({ imagePullSecrets: [{ name: 's' }] }),
      'node "a" can not create pods that reference secrets',
    ],
    [
      'with a config map',
      mirror({ volumes: [{ name: 'v', configMap: { name: 'c' } }] }),
      'node "a" can not create pods that reference configmaps',
    ],
    [
      'with a claim',
      mirror({ volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] }),
      'node "a" can not create pods that reference persistentvolumeclaims',
    ],
  ])('creates %s', async (_what, object, expected) => {
    expect(await admit('CREATE', '/pods/etcd-a', { object })).toBe(expected);
  });

  test.each<[AdmissionRequest['operation'], string, string]>([
    ['DELETE', '/pods/p', 'node "a" can only delete pods with spec.nodeName set to itself'],
    ['CREATE', '/pods/p/eviction', 'node a can only evict pods with spec.nodeName set to itself'],
    ['UPDATE', '/pods/p/status', 'node "a" can only update pod status for pods with spec.nodeName set to itself'],
  ])('%s of %s is for its own', async (operation, where, refused) => {
    const pod = (nodeName: string): object => ({ metadata: { name: 'p' }, spec: { nodeName } });
    const object = operation === 'DELETE' ? {} : { object: pod('a') };
    expect(await admit(operation, where, { ...object, old: pod('a') })).toBe('admitted');
    expect(await admit(operation, where, { ...object, old: pod('b') })).toBe(refused);
  });

  test('neither changes them nor opens what else they have', async () => {
    const pod = { metadata: { name: 'p' }, spec: { nodeName: 'a' } };
    expect(await admit('UPDATE', '/pods/p', { object: pod, old: pod })).toBe(
      'unexpected operation "UPDATE", node "a" can only create and delete mirror pods',
    );
    expect(await admit('CREATE', '/pods/p/binding', { object: pod })).toBe(
      "unexpected pod subresource \"binding\", only 'status' and 'eviction' are allowed",
    );
    const labelled = { ...pod, metadata: { name: 'p', labels: { a: 'b' } } };
    expect(await admit('UPDATE', '/pods/p/status', { object: labelled, old: pod })).toBe(
      'node "a" cannot update labels through pod status',
    );
  });
});

describe('what belongs to its pods', () => {
  const token = (boundObjectRef?: object): object => ({ spec: { audiences: [], boundObjectRef } });
  const bound = (name: string, uid: string): object => token({ apiVersion: 'v1', kind: 'Pod', name, uid });

  test.each<[string, object, string]>([
    ['a pod of its own', bound('mine', 'mine-uid'), 'admitted'],
    [
      'a pod of another node',
      bound('other', 'other-uid'),
      'node requested token bound to a pod scheduled on a different node',
    ],
    [
      'an earlier pod',
      bound('mine', 'old'),
      'the UID in the bound object reference (old) does not match the UID in record. The object might have been deleted and then recreated',
    ],
    ['a pod without uid', bound('mine', ''), 'node requested token with a pod binding without a uid'],
    ['a pod that is not there', bound('none', 'x'), 'pods "none" not found'],
    ['nothing', token(), 'node requested token not bound to a pod'],
    [
      'a secret',
      token({ apiVersion: 'v1', kind: 'Secret', name: 'mine', uid: 'x' }),
      'node requested token not bound to a pod',
    ],
  ])('a token is bound to %s', async (_what, object, expected) => {
    expect(await admit('CREATE', '/serviceaccounts/robot/token', { object })).toBe(expected);
  });

  test('a claim’s growth is reported, nothing else is changed', async () => {
    const claim = (status: object, labels = {}): object => ({ metadata: { name: 'c', labels }, status });
    const update = (object: object): Promise<string> =>
      admit('UPDATE', '/persistentvolumeclaims/c/status', {
        object,
        old: claim({ phase: 'Bound', capacity: { storage: '1Gi' } }),
      });
    expect(await update(claim({ phase: 'Bound', capacity: { storage: '2Gi' }, conditions: [{ type: 'x' }] }))).toBe(
      'admitted',
    );
    const refused = 'node "a" is not allowed to update fields other than status.capacity and status.conditions';
    expect(await update(claim({ phase: 'Lost' }))).toBe(refused);
    expect(await update(claim({ phase: 'Bound' }, { a: 'b' }))).toBe(refused);
    expect(await admit('UPDATE', '/persistentvolumeclaims/c', { object: claim({}), old: claim({}) })).toBe(
      'may only update PVC status',
    );
  });

  test.each([
    ['coordination.k8s.io/leases', 'can only access node lease with the same name as the requesting node'],
    ['storage.k8s.io/csinodes', 'can only access CSINode with the same name as the requesting node'],
  ])('%s of its own name', async (resource, refused) => {
    expect(await admit('CREATE', `${resource}/`, { object: { metadata: { name: 'a' } } })).toBe('admitted');
    expect(await admit('CREATE', `${resource}/a`, { object: { metadata: { name: 'b' } } })).toBe(refused);
    expect(await admit('UPDATE', `${resource}/b`, { object: { metadata: { name: 'b' } } })).toBe(refused);
    expect(await admit('DELETE', `${resource}/a`)).toBe('admitted');
  });
});
