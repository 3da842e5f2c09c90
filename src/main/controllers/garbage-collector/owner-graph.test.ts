import { describe, expect, test } from 'vitest';
import type { KubeObject, OwnerReference } from '../../../shared/api/meta.ts';
import { FOREGROUND, ORPHAN, OwnerGraph, type GraphEffects } from './owner-graph.ts';
import { judge, ownerState, type OwnerState } from './plan.ts';

const reference = (uid: string, more: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: 'v1',
  kind: 'Thing',
  name: uid,
  uid,
  ...more,
});
const object = (uid: string, owners: OwnerReference[] = [], more: KubeObject['metadata'] = {}): KubeObject => ({
  metadata: {
    name: uid,
    namespace: 'default',
    uid,
    ...(owners.length > 0 ? { ownerReferences: owners } : {}),
    ...more,
  },
});
const identity = (name: string) => ({ apiVersion: 'v1', kind: 'Thing', namespace: 'default', name });

function graphOf(...objects: KubeObject[]): {
  graph: OwnerGraph;
  see: (object: KubeObject) => string;
  drop: (uid: string) => string;
} {
  const graph = new OwnerGraph();
  const text = ({ attemptDelete, attemptOrphan }: GraphEffects): string =>
    [...[...attemptDelete].map((uid) => `delete? ${uid}`), ...[...attemptOrphan].map((uid) => `orphan ${uid}`)].join(
      ', ',
    );
  const see = (seen: KubeObject): string => text(graph.observe(seen, identity(seen.metadata?.name ?? '')));
  for (const seen of objects) see(seen);
  return { graph, see, drop: (uid) => text(graph.remove(uid)) };
}
const DELETED = '2026-01-01T00:00:00Z';

describe('OwnerGraph', () => {
  test('asks about an owner nobody has seen, once', () => {
    const { see, graph } = graphOf();
    expect(see(object('pod', [reference('rs')]))).toBe('delete? rs');
    expect(see(object('pod2', [reference('rs')]))).toBe('');
    expect(graph.get('rs')?.virtual).toBe(true);
    see(object('rs'));
    expect(graph.get('rs')?.virtual).toBe(false);
  });

  test('asks about the dependents when an owner goes', () => {
    const { drop } = graphOf(object('rs'), object('pod', [reference('rs')]), object('other', [reference('rs')]));
    expect(drop('rs')).toBe('delete? pod, delete? other');
    expect(drop('rs')).toBe('');
  });

  test('forgets an owner that was never seen when the last that spoke of it goes', () => {
    const { graph, drop } = graphOf(object('pod', [reference('ghost')]));
    drop('pod');
    expect(graph.size).toBe(0);
  });

  test('foreground: looks at owner and dependents, and at the owner again when a dependent goes', () => {
    const blocking = reference('rs', { blockOwnerDeletion: true });
    const { see, drop, graph } = graphOf(object('rs'), object('pod', [blocking]), object('free', [reference('rs')]));
    expect(see(object('rs', [], { deletionTimestamp: DELETED, finalizers: [FOREGROUND] }))).toBe(
      'delete? pod, delete? free, delete? rs',
    );
    const owner = graph.get('rs');
    expect(owner && graph.blockingDependents(owner).map(({ uid }) => uid)).toEqual(['pod']);
    expect(drop('pod')).toBe('delete? rs');
  });

  test('orphan: only the orphaning is to do', () => {
    const { see } = graphOf(object('rs'), object('pod', [reference('rs')]));
    expect(see(object('rs', [], { deletionTimestamp: DELETED, finalizers: [ORPHAN] }))).toBe('orphan rs');
  });

  test('follows changes of ownership', () => {
    const { see, drop, graph } = graphOf(object('a'), object('b'), object('pod', [reference('a')]));
    expect(see(object('pod', [reference('b')]))).toBe('delete? pod');
    expect([graph.get('a')?.dependents.size, graph.get('b')?.dependents.size]).toEqual([0, 1]);
    expect(drop('a')).toBe('');
  });

  test('the same when the object is seen only after the reference', () => {
    const { see } = graphOf(object('pod', [reference('rs', { kind: 'Other' })]), object('good', [reference('rs')]));
    expect(see(object('rs'))).toBe('delete? pod');
  });

  test('a reference that calls an object by another name is to be looked into', () => {
    const { see } = graphOf(object('rs'));
    expect(see(object('pod', [reference('rs', { kind: 'Other' })]))).toBe('delete? pod');
  });
});

describe('judge', () => {
  const none = { count: 0, anyDeletingDependents: false };
  const owned = (finalizers: string[] = []): KubeObject =>
    object('pod', [reference('a'), reference('b')], finalizers.length > 0 ? { finalizers } : {});
  const cases: [string, KubeObject, OwnerState[], typeof none, unknown][] = [
    ['no owners: kept', object('pod'), [], none, { action: 'keep' }],
    ['all solid: kept', owned(), ['solid', 'solid'], none, { action: 'keep' }],
    [
      'one solid: the reference to the other goes',
      owned(),
      ['solid', 'dangling'],
      none,
      { action: 'dropReferences', uids: ['b'] },
    ],
    [
      'none there: deleted',
      owned(),
      ['dangling', 'dangling'],
      none,
      { action: 'delete', propagationPolicy: 'Background', unblockOwners: false },
    ],
    [
      'a deletion keeps its manner',
      owned([ORPHAN]),
      ['dangling', 'dangling'],
      none,
      { action: 'delete', propagationPolicy: 'Orphan', unblockOwners: false },
    ],
    [
      'an owner waits: deleted',
      owned(),
      ['waiting', 'dangling'],
      none,
      { action: 'delete', propagationPolicy: 'Background', unblockOwners: false },
    ],
    [
      'an owner waits and it has dependents: they go first',
      owned(),
      ['waiting', 'dangling'],
      { count: 2, anyDeletingDependents: false },
      { action: 'delete', propagationPolicy: 'Foreground', unblockOwners: false },
    ],
    [
      'a circle is broken',
      owned(),
      ['waiting', 'dangling'],
      { count: 1, anyDeletingDependents: true },
      { action: 'delete', propagationPolicy: 'Foreground', unblockOwners: true },
    ],
  ];
  test.each(cases)('%s', (_, subject, states, dependents, verdict) => {
    expect(judge(subject, states, dependents)).toEqual(verdict);
  });
});

test('ownerState: another uid is not the owner', () => {
  const owner = reference('a');
  expect(ownerState(owner, undefined)).toBe('dangling');
  expect(ownerState(owner, object('b'))).toBe('dangling');
  expect(ownerState(owner, object('a'))).toBe('solid');
  expect(ownerState(owner, object('a', [], { deletionTimestamp: DELETED }))).toBe('solid');
  expect(ownerState(owner, object('a', [], { deletionTimestamp: DELETED, finalizers: [FOREGROUND] }))).toBe('waiting');
});
