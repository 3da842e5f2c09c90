import type { MachineHealth } from '../node/machine-facts.ts';

/** Signals by upstream's names, memory first: the order in which they are acted on. */
export type Signal =
  | 'memory.available'
  | 'nodefs.available'
  | 'imagefs.available'
  | 'nodefs.inodesFree'
  | 'imagefs.inodesFree'
  | 'pid.available';
export type Pressure = 'MemoryPressure' | 'DiskPressure' | 'PIDPressure';

/** A signal that is below its threshold. Amounts are bytes, inodes or processes. */
export interface Crossed {
  signal: Signal;
  pressure: Pressure;
  /** What is short, as messages call it. */
  resource: 'memory' | 'ephemeral-storage' | 'inodes' | 'pids';
  threshold: number;
  available: number;
}

/** The parts of the machine's facts that thresholds are relative to. */
export interface MachineSize {
  memoryBytes: number;
  diskBytes: number;
}

const MIN_MEMORY_BYTES = 100 * 2 ** 20;
/** No upstream default; below it nothing more can be started. */
const MIN_PIDS = 100;

/**
 * Kubelet's hard eviction defaults (pkg/kubelet/apis/config/v1beta1/defaults.go): memory.available < 100Mi,
 * nodefs.available < 10 %, imagefs.available < 15 %, inodes < 5 %. Docker's data and pods' files are taken to be on one
 * disk, of which the stricter of two thresholds decides, as with upstream.
 */
export function crossedThresholds(health: MachineHealth, { diskBytes }: MachineSize): Crossed[] {
  const disk = {
    pressure: 'DiskPressure',
    resource: 'ephemeral-storage',
    available: health.diskAvailableBytes,
  } as const;
  const inodes = { pressure: 'DiskPressure', resource: 'inodes', available: health.inodesFree } as const;
  const all: Crossed[] = [
    {
      signal: 'memory.available',
      pressure: 'MemoryPressure',
      resource: 'memory',
      threshold: MIN_MEMORY_BYTES,
      available: health.memoryAvailableBytes,
    },
    { signal: 'nodefs.available', ...disk, threshold: Math.floor(diskBytes * 0.1) },
    { signal: 'imagefs.available', ...disk, threshold: Math.floor(diskBytes * 0.15) },
    { signal: 'nodefs.inodesFree', ...inodes, threshold: Math.floor(health.inodes * 0.05) },
    { signal: 'imagefs.inodesFree', ...inodes, threshold: Math.floor(health.inodes * 0.05) },
    {
      signal: 'pid.available',
      pressure: 'PIDPressure',
      resource: 'pids',
      threshold: MIN_PIDS,
      available: health.pidsAvailable,
    },
  ];
  return all.filter(({ threshold, available }) => available < threshold);
}

/** evictionPressureTransitionPeriod. */
export const TRANSITION_MS = 300_000;

/** When each pressure was last seen, in milliseconds since the epoch. */
export type LastSeen = ReadonlyMap<Pressure, number>;

export function afterLook(before: LastSeen, crossed: readonly Crossed[], now: number): LastSeen {
  return new Map([...before, ...crossed.map(({ pressure }) => [pressure, now] as const)]);
}

/**
 * Pressures to report: those seen within the transition period, so that a machine at the edge does not go back and forth.
 * A time that lies ahead (the clock was set back) counts as now.
 */
export function pressuresOf(seen: LastSeen, now: number): Set<Pressure> {
  return new Set([...seen].flatMap(([pressure, at]) => (now - at < TRANSITION_MS ? [pressure] : [])));
}
