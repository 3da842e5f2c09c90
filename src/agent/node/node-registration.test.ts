import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AgentConfig } from '../../shared/agent-config.ts';
import { LEASES, NODES, type Lease, type Node } from '../../shared/api/kinds.ts';
import { ApiClient } from '../../shared/client/api-client.ts';
import { MemoryApi } from '../../shared/testing/memory-api.ts';
import { eventually, SILENT } from '../testing.ts';
import type { MachineFacts } from './machine-facts.ts';
import { NodeLease } from './node-lease.ts';
import { NodeRegistration } from './node-registration.ts';

const taints = [{ key: 'k', value: 'v', effect: 'NoSchedule' }];
const config = { nodeName: 'n1', labels: { zone: 'a' }, taints } as unknown as AgentConfig;
let api: MemoryApi;
let client: ApiClient;
let ready: string;
let registration: NodeRegistration;
beforeEach(() => {
  api = new MemoryApi();
  client = new ApiClient(api, 'kubelet');
  ready = 'True';
  registration = new NodeRegistration({
    client,
    config,
    facts: { architecture: 'arm64' } as MachineFacts,
    status: () => Promise.resolve({ conditions: [{ type: 'Ready', status: ready }] }),
    clock: { now: () => 0 },
    log: SILENT,
  });
});
afterEach(() => registration.stop());

const seen = (what: string, holds: (node: Node) => boolean): Promise<Node> =>
  eventually(what, async () => {
    const node = await client.get(NODES, 'n1');
    return holds(node) && node;
  });
const readyOf = ({ status }: Node): string | undefined =>
  status?.conditions?.find(({ type }) => type === 'Ready')?.status;

test('makes the node with its labels and taints, and reports its status', async () => {
  registration.start();
  const made = await seen('a ready node', (each) => readyOf(each) === 'True');
  expect(made.metadata?.labels).toMatchObject({
    'kubernetes.io/arch': 'arm64',
    'kubernetes.io/hostname': 'n1',
    zone: 'a',
  });
  expect(made.spec?.taints).toEqual(taints);
});

test('takes over a node that is there, taints as they are, others’ conditions kept', async () => {
  const conditions = [{ type: 'NetworkUnavailable', status: 'False' }];
  await client.create(NODES, { metadata: { name: 'n1' }, spec: { taints: [] }, status: { conditions } });
  registration.start();
  const taken = await seen('a ready node', (each) => readyOf(each) === 'True');
  expect(taken.spec?.taints).toEqual([]);
  expect(taken.status?.conditions?.map(({ type }) => type)).toEqual(['NetworkUnavailable', 'Ready']);
  expect(taken.metadata?.labels).toHaveProperty('zone', 'a');
});

test('a change is reported when it is told, without waiting for the heartbeat', async () => {
  registration.start();
  await seen('a ready node', (each) => readyOf(each) === 'True');
  ready = 'False';
  registration.poke();
  await seen('the report', (each) => readyOf(each) === 'False');
});

test('a deleted node is made again', async () => {
  registration.start();
  const { metadata } = await seen('a node', (each) => readyOf(each) === 'True');
  await client.delete(NODES, { name: 'n1' });
  registration.registerAgain();
  await seen('another node', (each) => each.metadata?.uid !== metadata?.uid && readyOf(each) === 'True');
});

test('the lease belongs to the node, and goes with it', async () => {
  const owner = await client.create(NODES, { metadata: { name: 'n1' } });
  const lease = new NodeLease({ client, nodeName: 'n1', clock: { now: () => 0 }, log: SILENT });
  lease.start();
  const found = await eventually<Lease>('the lease', () => client.get(LEASES, 'n1', 'kube-node-lease'));
  lease.stop();
  expect(found.spec).toEqual({
    holderIdentity: 'n1',
    leaseDurationSeconds: 40,
    renewTime: '1970-01-01T00:00:00.000000Z',
  });
  expect(found.metadata?.ownerReferences).toEqual([
    { apiVersion: 'v1', kind: 'Node', name: 'n1', uid: owner.metadata?.uid },
  ]);
});

test('says again what it said when the control plane has lost sight of it meanwhile', async () => {
  registration.start();
  const node = await seen('a ready node', (each) => readyOf(each) === 'True');
  const unknown = { ...node, status: { ...node.status, conditions: [{ type: 'Ready', status: 'Unknown' }] } };
  const overruled = await client.updateStatus(NODES, unknown);
  registration.observed(overruled);
  await seen('a ready node again', (each) => readyOf(each) === 'True');
});
