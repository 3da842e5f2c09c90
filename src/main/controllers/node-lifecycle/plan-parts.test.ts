import { describe, expect, test } from 'vitest';
import type { Lease, Node, Taint, Toleration } from '../../../shared/api/kinds.ts';
import { aNode, aPod } from '../testing/builders.ts';
import { START } from '../testing/world.ts';
import { EvictionTimers } from './eviction-timers.ts';
import { isSilent, observe, silentConditions, type NodeHealth, type Readiness } from './health.ts';
import { NODE_LIFECYCLE_DEFAULTS } from './options.ts';
import { TaintQueue } from './taint-queue.ts';
import { noExecuteTaints, noScheduleTaints, NOT_READY, UNREACHABLE } from './taints.ts';
import { tolerationSeconds } from './tolerations.ts';
import { WakeGuard } from './wake-guard.ts';
import { planDisruption, zoneState, type ZoneState } from './zones.ts';

const at = (seconds: number): number => START + seconds * 1000;
const lease = (renewTime: string): Lease => ({ metadata: { name: 'n' }, spec: { renewTime } });
const keys = (taints: readonly Taint[] | undefined): string[] | undefined =>
  taints?.map(({ key, effect }) => `${key}:${effect}`);

describe('observe', () => {
  const seen = (...steps: [number, Node, Lease?][]): NodeHealth | undefined => {
    let health: NodeHealth | undefined;
    for (const [seconds, node, renewed] of steps) health = observe(health, node, renewed, at(seconds));
    return health;
  };
  const heartbeat = (seconds: number): Node => {
    const node = aNode('n');
    const ready = node.status?.conditions?.[0];
    if (ready) ready.lastHeartbeatTime = new Date(at(seconds)).toISOString();
    return node;
  };

  test('a node seen for the first time starts with a full grace, however old its heartbeat', () => {
    expect(seen([9000, heartbeat(0)])?.probeAt).toBe(at(9000));
  });

  test('a renewed lease is a sign of life, by our clock: the time in it may be anything', () => {
    expect(seen([0, heartbeat(0), lease('x')], [10, heartbeat(0), lease('1999-01-01T00:00:00Z')])?.probeAt).toBe(
      at(10),
    );
    expect(seen([0, heartbeat(0), lease('x')], [10, heartbeat(0), lease('x')])?.probeAt).toBe(at(0));
  });

  test('so is status with a new heartbeat', () => {
    expect(seen([0, heartbeat(0)], [10, heartbeat(7)])?.probeAt).toBe(at(10));
    expect(seen([0, heartbeat(0)], [10, heartbeat(0)])?.probeAt).toBe(at(0));
  });

  test('silence is 50 s, and 60 s before the first status', () => {
    const silentAfter = (node: Node, seconds: number): boolean => {
      const health = observe(undefined, node, undefined, at(0));
      return isSilent(node, health, at(seconds), NODE_LIFECYCLE_DEFAULTS);
    };
    expect([silentAfter(aNode('n'), 50), silentAfter(aNode('n'), 51)]).toEqual([false, true]);
    expect([silentAfter(aNode('n', 'none'), 60), silentAfter(aNode('n', 'none'), 61)]).toEqual([false, true]);
  });
});

describe('silentConditions', () => {
  test('says that the kubelet stopped, and of what it never posted that it never did', () => {
    const changes = silentConditions(aNode('n'), at(60)) ?? [];
    expect(changes.map(({ type, status, reason, message }) => [type, status, reason, message])).toEqual([
      ['Ready', 'Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.'],
      ['MemoryPressure', 'Unknown', 'NodeStatusNeverUpdated', 'Kubelet never posted node status.'],
      ['DiskPressure', 'Unknown', 'NodeStatusNeverUpdated', 'Kubelet never posted node status.'],
      ['PIDPressure', 'Unknown', 'NodeStatusNeverUpdated', 'Kubelet never posted node status.'],
    ]);
    expect(changes[0]?.lastTransitionTime).toBe('2026-01-01T00:01:00Z');
  });

  test('nothing more when all is unknown already', () => {
    const node = aNode('n');
    const conditions = silentConditions(node, at(60)) ?? [];
    expect(silentConditions({ ...node, status: { conditions } }, at(120))).toBeUndefined();
  });
});

describe('NoSchedule taints', () => {
  const withCondition = (type: string, status: string): Node => {
    const node = aNode('n');
    node.status?.conditions?.push({ type, status });
    return node;
  };
  test.each([
    ['ready', aNode('n'), undefined],
    ['not ready', aNode('n', 'False'), [`${NOT_READY}:NoSchedule`]],
    ['unknown', aNode('n', 'Unknown'), [`${UNREACHABLE}:NoSchedule`]],
    [
      'cordoned',
      aNode('n', 'True', { spec: { unschedulable: true } }),
      ['node.kubernetes.io/unschedulable:NoSchedule'],
    ],
    ['memory pressure', withCondition('MemoryPressure', 'True'), ['node.kubernetes.io/memory-pressure:NoSchedule']],
    ['no pressure', withCondition('DiskPressure', 'False'), undefined],
  ])('%s', (_, node, expected) => {
    expect(keys(noScheduleTaints(node, START))).toEqual(expected);
  });

  test('takes its own away again and leaves those of people', () => {
    const mine = { key: 'mine', effect: 'NoSchedule' };
    const taints = [mine, { key: NOT_READY, effect: 'NoSchedule' }, { key: NOT_READY, effect: 'NoExecute' }];
    expect(keys(noScheduleTaints(aNode('n', 'True', { spec: { taints } }), START))).toEqual([
      'mine:NoSchedule',
      `${NOT_READY}:NoExecute`,
    ]);
  });
});

describe('NoExecute taints', () => {
  const tainted = (key: string): Node =>
    aNode('n', 'True', {
      spec: {
        taints: [
          { key, effect: 'NoExecute' },
          { key: 'mine', effect: 'NoExecute' },
        ],
      },
    });
  test.each<[string, Node, Readiness, string[] | undefined]>([
    ['not ready', aNode('n'), 'False', [`${NOT_READY}:NoExecute`]],
    ['unreachable', aNode('n'), 'Unknown', [`${UNREACHABLE}:NoExecute`]],
    ['ready takes ours away', tainted(UNREACHABLE), 'True', ['mine:NoExecute']],
    ['ready with none of ours', aNode('n'), 'True', undefined],
    ['one gives way to the other', tainted(UNREACHABLE), 'False', ['mine:NoExecute', `${NOT_READY}:NoExecute`]],
    ['as it is', tainted(UNREACHABLE), 'Unknown', undefined],
  ])('%s', (_, node, readiness, expected) => {
    expect(keys(noExecuteTaints(node, readiness, START))).toEqual(expected);
  });
});

describe('tolerationSeconds', () => {
  const taint = (key: string): Taint => ({ key, effect: 'NoExecute' });
  const toleration = (key: string, seconds?: number): Toleration => ({
    key,
    operator: 'Exists',
    effect: 'NoExecute',
    ...(seconds === undefined ? {} : { tolerationSeconds: seconds }),
  });
  test.each([
    ['not tolerated', [taint('a')], [], 0],
    ['tolerated for good', [taint('a')], [toleration('a')], Infinity],
    ['for a while', [taint('a')], [toleration('a', 300)], 300],
    ['the shortest counts', [taint('a'), taint('b')], [toleration('a', 300), toleration('b', 60)], 60],
    ['one of two not tolerated', [taint('a'), taint('b')], [toleration('a')], 0],
    ['negative is none', [taint('a')], [toleration('a', -5)], 0],
  ])('%s', (_, taints, tolerations, expected) => {
    expect(tolerationSeconds(taints, tolerations)).toBe(expected);
  });
});

describe('zones', () => {
  const zone = (ready: number, notReady: number): Readiness[] => [
    ...Array.from({ length: ready }, (): Readiness => 'True'),
    ...Array.from({ length: notReady }, (): Readiness => 'Unknown'),
  ];
  test.each<[number, number, ZoneState]>([
    [3, 0, 'Normal'],
    [0, 1, 'FullDisruption'],
    [1, 2, 'Normal'],
    [2, 3, 'PartialDisruption'],
    [4, 3, 'Normal'],
    [0, 0, 'Normal'],
  ])('%d ready and %d not: %s', (ready, notReady, state) => {
    expect(zoneState(zone(ready, notReady), NODE_LIFECYCLE_DEFAULTS)).toBe(state);
  });

  const plan = (before: Record<string, ZoneState>, nodes: Record<string, Readiness[]>) =>
    planDisruption(new Map(Object.entries(before)), new Map(Object.entries(nodes)), NODE_LIFECYCLE_DEFAULTS);

  test('every zone down: nothing is tainted any more', () => {
    const all = plan({ a: 'Normal', b: 'FullDisruption' }, { a: zone(0, 2), b: zone(0, 3) });
    expect([all.transition, all.rates.get('a'), all.rates.get('b')]).toEqual(['enter', 0, 0]);
    expect(plan({ a: 'FullDisruption' }, { a: zone(0, 2) }).transition).toBe('none');
  });

  test('one zone down while another is up: the normal rate', () => {
    expect(plan({}, { a: zone(0, 2), b: zone(3, 0) }).rates.get('a')).toBe(0.1);
  });

  test('mostly unwell: a small zone stops, a large one goes slowly', () => {
    expect(plan({}, { a: zone(2, 8) }).rates.get('a')).toBe(0);
    expect(plan({}, { a: zone(20, 40) }).rates.get('a')).toBe(0.01);
  });

  test('some node is back', () => {
    expect(plan({ a: 'FullDisruption' }, { a: zone(1, 9) }).transition).toBe('leave');
  });

  test('down from the very start counts as entering, and no nodes at all as nothing', () => {
    expect(plan({}, { a: zone(0, 2) }).transition).toBe('enter');
    expect(plan({}, {}).transition).toBe('none');
  });
});

describe('TaintQueue', () => {
  test('lets one through at once and then one in ten seconds', () => {
    const queue = new TaintQueue(at(0));
    queue.setRate(0.1, at(0));
    for (const node of ['a', 'b', 'c', 'b']) queue.add(node);
    expect([0, 5, 10, 19, 20, 100].map((seconds) => queue.take(at(seconds)))).toEqual([
      ['a'],
      [],
      ['b'],
      [],
      ['c'],
      [],
    ]);
  });

  test('lets none through at rate zero, whatever has been saved up', () => {
    const queue = new TaintQueue(at(0));
    queue.add('a');
    queue.setRate(0, at(0));
    expect(queue.take(at(1000))).toEqual([]);
    queue.setRate(0.1, at(1000));
    expect(queue.take(at(1000))).toEqual(['a']);
  });

  test('forgets who has recovered', () => {
    const queue = new TaintQueue(at(0));
    queue.setRate(0.1, at(0));
    queue.add('a');
    queue.remove('a');
    expect(queue.take(at(0))).toEqual([]);
  });
});

test('WakeGuard takes a gap for sleep, and a clock that goes back too', () => {
  const guard = new WakeGuard(10_000);
  expect([0, 1, 2, 12, 13, 3600, 3590, 3591].map((seconds) => guard.slept(at(seconds)))).toEqual([
    false,
    false,
    false,
    false,
    false,
    true,
    true,
    false,
  ]);
});

describe('EvictionTimers', () => {
  const silence = [{ key: UNREACHABLE, effect: 'NoExecute' }];
  const byHand = [{ key: 'drain', effect: 'NoExecute' }];
  const tolerant = (seconds: number) =>
    aPod({ name: 'p', node: 'n', tolerations: [{ operator: 'Exists', tolerationSeconds: seconds }] });
  const due = (timers: EvictionTimers, seconds: number): string[] => timers.due(at(seconds)).map(({ uid }) => uid);

  test('waits as long as the pod tolerates, from the first taint on', () => {
    const timers = new EvictionTimers();
    expect(timers.update(tolerant(300), 'default/p', silence, at(0))).toBe('set');
    expect(timers.update(tolerant(300), 'default/p', silence, at(200))).toBe('kept');
    expect([due(timers, 299), due(timers, 300)]).toEqual([[], ['uid-p']]);
  });

  test('a pod that tolerates nothing goes at once; one whose taint is gone stays', () => {
    const timers = new EvictionTimers();
    timers.update(aPod({ name: 'p', node: 'n' }), 'default/p', byHand, at(0));
    expect(due(timers, 0)).toEqual(['uid-p']);
    expect(timers.update(aPod({ name: 'p', node: 'n' }), 'default/p', [], at(1))).toBe('cancelled');
    expect(due(timers, 1000)).toEqual([]);
  });

  test('after a sleep, silence counts anew; what a person asked for does not wait', () => {
    const timers = new EvictionTimers();
    timers.update({ ...tolerant(300), metadata: { uid: 'silent' } }, 'default/a', silence, at(0));
    timers.update({ ...tolerant(300), metadata: { uid: 'drained' } }, 'default/b', byHand, at(0));
    timers.hold(at(5050));
    expect(due(timers, 5000)).toEqual(['drained']);
    expect(due(timers, 5349)).toEqual(['drained']);
    expect(due(timers, 5350)).toEqual(['silent', 'drained']);
  });

  test('taints found at start-up do not count before the hold is over', () => {
    const timers = new EvictionTimers();
    timers.hold(at(50));
    timers.update(aPod({ name: 'p', node: 'n' }), 'default/p', silence, at(0));
    expect([due(timers, 49), due(timers, 50)]).toEqual([[], ['uid-p']]);
  });
});
