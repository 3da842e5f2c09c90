import { describe, expect, test } from 'vitest';
import type { Pod } from '../../shared/api/kinds.ts';
import type { StatsSummary } from '../../shared/api/stats-summary.ts';
import type { ObservedPod } from '../runtime/observed.ts';
import { SILENT } from '../testing.ts';
import { EvictionManager, type EvictionDeps } from './eviction-manager.ts';
import { exceededLimit } from './local-storage.ts';
import { pressureMessage } from './messages.ts';
import { rank } from './rank.ts';
import { afterLook, crossedThresholds, pressuresOf } from './thresholds.ts';

const MiB = 2 ** 20;
const GiB = 2 ** 30;
const size = { memoryBytes: 4 * GiB, diskBytes: 100 * GiB };
const health = {
  memoryAvailableBytes: GiB,
  diskAvailableBytes: 50 * GiB,
  inodes: 1000,
  inodesFree: 900,
  pidsAvailable: 9000,
};

function podOf(name: string, request?: string, priority?: number): Pod {
  const resources = request === undefined ? {} : { requests: { memory: request, 'ephemeral-storage': request } };
  return {
    metadata: { name, uid: name },
    spec: { containers: [{ name: 'app', resources }], ...(priority === undefined ? {} : { priority }) },
  };
}
const using = (pod: Pod, bytes: number) => ({ pod, usage: new Map([['app', bytes]]) });

describe('thresholds', () => {
  test.each([
    [{}, []],
    [{ memoryAvailableBytes: 99 * MiB }, ['memory.available']],
    [{ diskAvailableBytes: 14 * GiB }, ['imagefs.available']],
    [{ diskAvailableBytes: 9 * GiB }, ['nodefs.available', 'imagefs.available']],
    [{ inodesFree: 49 }, ['nodefs.inodesFree', 'imagefs.inodesFree']],
    // btrfs counts none.
    [{ inodes: 0, inodesFree: 0 }, []],
    [{ pidsAvailable: 99 }, ['pid.available']],
  ])('%o crosses %o', (short, signals) => {
    expect(crossedThresholds({ ...health, ...short }, size).map(({ signal }) => signal)).toEqual(signals);
  });

  test('a pressure stays for five minutes after it was last seen, whatever the clock does', () => {
    const crossed = crossedThresholds({ ...health, memoryAvailableBytes: 0 }, size);
    const seen = afterLook(new Map(), crossed, 1_000_000);
    const at = (now: number) => [...pressuresOf(afterLook(seen, [], now), now)];
    expect(at(1_299_999)).toEqual(['MemoryPressure']);
    expect(at(1_300_000)).toEqual([]);
    expect(at(0)).toEqual(['MemoryPressure']);
  });
});

describe('the order of eviction', () => {
  test('over the request, then low priority, then the most above the request', () => {
    const order = rank(
      [
        using(podOf('guaranteed', '200Mi'), 100 * MiB),
        using(podOf('burst', '100Mi'), 150 * MiB),
        using(podOf('best-effort'), 60 * MiB),
        using(podOf('important', undefined, 1000), 900 * MiB),
        using(podOf('critical', undefined, 2_000_001_000), 900 * MiB),
      ],
      'memory',
    );
    expect(order.map(({ pod }) => pod.metadata?.name)).toEqual(['best-effort', 'burst', 'important', 'guaranteed']);
  });

  test('a pod nothing is known of goes first; for processes only priority counts', () => {
    const unknown = { pod: podOf('unknown'), usage: undefined };
    expect(rank([using(podOf('a'), GiB), unknown], 'memory')[0]?.pod.metadata?.name).toBe('unknown');
    const names = rank([using(podOf('high', undefined, 5), GiB), using(podOf('low', '1Gi', 1), 0)], 'pids');
    expect(names.map(({ pod }) => pod.metadata?.name)).toEqual(['low', 'high']);
  });
});

test('the message is upstream’s', () => {
  const [crossed] = crossedThresholds({ ...health, memoryAvailableBytes: 50 * MiB }, size);
  expect(crossed && pressureMessage(crossed, using(podOf('a', '10Mi'), 20 * MiB))).toBe(
    'The node was low on resource: memory. Threshold quantity: 100Mi, available: 51200Ki. Container app was using 20480Ki, which exceeds its request of 10Mi. ',
  );
});

describe('limits of local storage', () => {
  const limited = {
    spec: {
      volumes: [{ name: 'scratch', emptyDir: { sizeLimit: '10Mi' } }],
      containers: [
        { name: 'a', resources: { limits: { 'ephemeral-storage': '20Mi' } } },
        { name: 'b', resources: { limits: { 'ephemeral-storage': '30Mi' } } },
      ],
    },
  } as Pod;
  test.each([
    [[5, 5, 5], undefined],
    [[11, 0, 0], 'Usage of EmptyDir volume "scratch" exceeds the limit "10Mi". '],
    [[10, 15, 26], 'Pod ephemeral local storage usage exceeds the total limit of containers 50Mi. '],
    [[0, 21, 0], 'Container a exceeded its local ephemeral storage limit "20Mi". '],
  ])('%j MiB in the volume and the containers', ([volume = 0, a = 0, b = 0], message) => {
    const usage = {
      volumes: new Map([['scratch', volume * MiB]]),
      containers: new Map([
        ['a', a * MiB],
        ['b', b * MiB],
      ]),
    };
    expect(exceededLimit(limited, usage)?.message).toBe(message);
  });
});

describe('a look at the machine', () => {
  function manager(short: Partial<typeof health>, changes: Partial<EvictionDeps> = {}) {
    const machine = { ...health, ...short };
    const pods = [podOf('a'), podOf('b')];
    const observed = new Map(
      pods.map(({ metadata }) => [
        metadata?.uid ?? '',
        { uid: metadata?.uid, containers: [{ id: metadata?.uid, name: 'app', state: 'running' }] } as ObservedPod,
      ]),
    );
    const stats = (uid: string, workingSetBytes: number) => ({
      podRef: { uid, name: uid, namespace: 'default' },
      startTime: '',
      containers: [{ name: 'app', memory: { workingSetBytes } }],
    });
    const evicted: string[] = [];
    const told: string[][] = [];
    const clock = { at: 1_000_000, now: () => clock.at };
    const subject: EvictionManager = new EvictionManager({
      size,
      health: () => Promise.resolve(machine),
      summary: () => Promise.resolve({ pods: [stats('a', MiB), stats('b', 2 * MiB)] } as unknown as StatsSummary),
      observeAll: () => Promise.resolve(observed),
      activePods: () => pods.filter(({ metadata }) => !evicted.includes(metadata?.name ?? '')),
      diskUsage: (pod) =>
        Promise.resolve({ volumes: new Map(), containers: new Map([['app', pod.metadata?.name === 'a' ? 9 : 1]]) }),
      reclaimDisk: () => Promise.resolve(),
      evict: (pod) => evicted.push(pod.metadata?.name ?? ''),
      onChange: () => told.push([...subject.pressures]),
      clock,
      log: SILENT,
      ...changes,
    });
    return { subject, machine, observed, evicted, told, clock };
  }

  test('evicts one pod at a time, the next when the first is gone', async () => {
    const { subject, evicted, observed, told } = manager({ memoryAvailableBytes: MiB });
    await subject.look();
    await subject.look();
    expect(evicted).toEqual(['b']);
    expect(told).toEqual([['MemoryPressure']]);
    observed.delete('b');
    await subject.look();
    expect(evicted).toEqual(['b', 'a']);
  });

  test('a pod that does not go is waited for thirty seconds', async () => {
    const { subject, evicted, clock } = manager({ memoryAvailableBytes: MiB });
    await subject.look();
    clock.at += 30_000;
    await subject.look();
    expect(evicted).toEqual(['b', 'a']);
  });

  test('frees the disk before it evicts for it, and evicts nobody when that was enough', async () => {
    const enough = manager({ diskAvailableBytes: GiB });
    const { subject, evicted } = manager(
      { diskAvailableBytes: GiB },
      {
        health: () => Promise.resolve(enough.machine),
        reclaimDisk: () => Promise.resolve(void (enough.machine.diskAvailableBytes = 50 * GiB)),
      },
    );
    await subject.look();
    expect(evicted).toEqual([]);
    expect([...subject.pressures]).toEqual(['DiskPressure']);
  });

  test('of a full disk the largest user goes', async () => {
    const { subject, evicted } = manager({ diskAvailableBytes: GiB });
    await subject.look();
    expect(evicted).toEqual(['a']);
  });
});
