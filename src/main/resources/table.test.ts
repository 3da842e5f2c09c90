import { describe, expect, test } from 'vitest';
import { KINDS } from './registry.ts';
import { tableOf } from './table.ts';
import type { JsonObject } from './decode/json-value.ts';
import { created, kindNamed, sampleOf } from './testing/samples.ts';
import { mergePatch } from './patch/merge-patch.ts';

const now = Date.parse('2026-01-01T02:00:00Z');
const aged = (kindName: string, change: JsonObject = {}) =>
  created(
    kindName,
    mergePatch(sampleOf(kindName), {
      metadata: { creationTimestamp: '2026-01-01T00:00:00Z' },
      ...change,
    }) as JsonObject,
  );
const options = { now, includeObject: 'Metadata' as const, listMeta: { resourceVersion: '7' } };

/** The cells by column, as `kubectl get -o wide` prints them. */
function wide(kindName: string, object = aged(kindName)): Record<string, unknown> {
  const { columnDefinitions, rows } = tableOf(kindNamed(kindName), [object], options);
  return Object.fromEntries(columnDefinitions.map(({ name }, index) => [name.toUpperCase(), rows[0]?.cells[index]]));
}

test('a Table carries list metadata, definitions, and metadata with each row', () => {
  const table = tableOf(kindNamed('ConfigMap'), [aged('ConfigMap')], options);
  expect(table).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata: { resourceVersion: '7' } });
  expect(table.columnDefinitions[0]).toMatchObject({ name: 'Name', type: 'string', format: 'name', priority: 0 });
  expect(table.columnDefinitions[0]?.description).toMatch(/^Name must be unique within a namespace/);
  expect(table.rows[0]).toMatchObject({
    cells: ['config', 2, '120m'],
    object: { kind: 'PartialObjectMetadata', metadata: { name: 'config' } },
  });
  expect(
    tableOf(kindNamed('ConfigMap'), [aged('ConfigMap')], { ...options, includeObject: 'None' }).rows[0],
  ).not.toHaveProperty('object');
  expect(
    tableOf(kindNamed('ConfigMap'), [aged('ConfigMap')], { ...options, includeObject: 'Object' }).rows[0]?.object,
  ).toHaveProperty('data');
});

test.each(KINDS.filter(({ virtual }) => !virtual).map((kind) => [kind.type.kind, kind] as const))(
  '%s: every column has a description and a cell',
  (kindName, kind) => {
    const table = tableOf(kind, [aged(kindName)], options);
    for (const { name, description } of table.columnDefinitions) expect([name, description]).not.toEqual([name, '']);
    expect(table.rows[0]?.cells.every((cell) => cell !== undefined)).toBe(true);
  },
);

describe('columns are those of kubectl', () => {
  test('Pod', () => {
    expect(wide('Pod')).toEqual({
      NAME: 'web',
      READY: '0/1',
      STATUS: 'Pending',
      RESTARTS: '0',
      AGE: '120m',
      IP: '<none>',
      NODE: '<none>',
      'NOMINATED NODE': '<none>',
      'READINESS GATES': '<none>',
    });
  });

  test('Deployment', () => {
    const deployment = {
      ...aged('Deployment'),
      status: { readyReplicas: 2, updatedReplicas: 3, availableReplicas: 1 },
    };
    expect(wide('Deployment', deployment)).toEqual({
      NAME: 'web',
      READY: '2/3',
      'UP-TO-DATE': 3,
      AVAILABLE: 1,
      AGE: '120m',
      CONTAINERS: 'web',
      IMAGES: 'nginx:1.27',
      SELECTOR: 'app=web,app in (shop,web)',
    });
  });

  test('ReplicaSet', () => {
    expect(wide('ReplicaSet')).toEqual({
      NAME: 'web-1',
      DESIRED: 2,
      CURRENT: 0,
      READY: 0,
      AGE: '120m',
      CONTAINERS: 'web',
      IMAGES: 'nginx:1.27',
      SELECTOR: 'app=web',
    });
  });

  test('Node', () => {
    const status = {
      nodeInfo: {
        kubeletVersion: 'v1.34.0',
        osImage: 'Debian',
        kernelVersion: '6.1',
        containerRuntimeVersion: 'docker://27',
      },
      addresses: [{ type: 'InternalIP', address: '10.0.0.5' }],
      conditions: [{ type: 'Ready', status: 'True' }],
    };
    expect(wide('Node', aged('Node', { status }))).toEqual({
      NAME: 'node-1',
      STATUS: 'Ready,SchedulingDisabled',
      ROLES: 'worker',
      AGE: '120m',
      VERSION: 'v1.34.0',
      'INTERNAL-IP': '10.0.0.5',
      'EXTERNAL-IP': '<none>',
      'OS-IMAGE': 'Debian',
      'KERNEL-VERSION': '6.1',
      'CONTAINER-RUNTIME': 'docker://27',
    });
    expect(wide('Node', aged('Node', { spec: { unschedulable: false }, status: null }))['STATUS']).toBe('Unknown');
    expect(
      wide('Node', aged('Node', { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } }))['STATUS'],
    ).toBe('NotReady,SchedulingDisabled');
  });

  test('Event', () => {
    expect(wide('Event')).toEqual({
      'LAST SEEN': '119m',
      TYPE: 'Normal',
      REASON: 'Started',
      OBJECT: 'pod/web',
      SUBOBJECT: '',
      SOURCE: 'kubelet, node-1',
      MESSAGE: 'Started container web',
      'FIRST SEEN': '120m',
      COUNT: 2,
      NAME: 'web.17',
    });
  });

  test('the rest', () => {
    expect(wide('Namespace')).toEqual({ NAME: 'shop', STATUS: 'Active', AGE: '120m' });
    expect(wide('Secret')).toEqual({ NAME: 'keys', TYPE: 'Opaque', DATA: 1, AGE: '120m' });
    expect(wide('ServiceAccount')).toEqual({ NAME: 'robot', SECRETS: 1, AGE: '120m' });
    expect(wide('Lease')).toEqual({ NAME: 'node-1', HOLDER: 'node-1', AGE: '120m' });
    expect(wide('Machine')).toMatchObject({
      NAME: 'box',
      HOST: '192.0.2.7',
      USER: 'admin',
      PHASE: '',
      NODE: '',
      AGE: '120m',
    });
  });
});
