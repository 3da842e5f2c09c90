import { join } from 'node:path';
import { flatKeyed, readGroupFile } from './group-file.ts';

/** All that cadvisor tells of one control group. Times are nanoseconds; limits are undefined where there is none. */
export interface CgroupDetails {
  cpuNanoseconds: number;
  userNanoseconds: number;
  systemNanoseconds: number;
  periods: number;
  throttledPeriods: number;
  throttledNanoseconds: number;
  memoryBytes: number;
  workingSetBytes: number;
  rssBytes: number;
  cacheBytes: number;
  swapBytes: number;
  mappedFileBytes: number;
  maxMemoryBytes: number;
  failcnt: number;
  pageFaults: number;
  majorPageFaults: number;
  processes: number;
  memoryLimitBytes?: number;
  cpuShares?: number;
  cpuQuotaMicroseconds?: number;
  cpuPeriodMicroseconds?: number;
}

/** USER_HZ is 100 on every architecture Linux runs on. */
const JIFFY_NANOSECONDS = 10_000_000;
/** Version 1 writes the largest page-aligned number for no limit. */
const UNLIMITED = 2 ** 62;

/** Reads a group of version 2; undefined when it is gone. */
export async function unifiedDetails(root: string, group: string): Promise<CgroupDetails | undefined> {
  const directory = join(root, group);
  const read = (name: string): Promise<string | undefined> => readGroupFile(join(directory, name));
  const [cpu, current, stat, swap, peak, events, processes, limit, max, weight] = await Promise.all(
    [
      'cpu.stat',
      'memory.current',
      'memory.stat',
      'memory.swap.current',
      'memory.peak',
      'memory.events',
      'pids.current',
      'memory.max',
      'cpu.max',
      'cpu.weight',
    ].map(read),
  );
  if (cpu === undefined || current === undefined || stat === undefined) return undefined;
  const times = flatKeyed(cpu);
  const memory = flatKeyed(stat);
  const [quota, period] = (max ?? '').trim().split(' ');
  const microseconds = (name: string): number => (times.get(name) ?? 0) * 1000;
  const memoryLimit = Number(limit);
  return {
    cpuNanoseconds: microseconds('usage_usec'),
    userNanoseconds: microseconds('user_usec'),
    systemNanoseconds: microseconds('system_usec'),
    periods: times.get('nr_periods') ?? 0,
    throttledPeriods: times.get('nr_throttled') ?? 0,
    throttledNanoseconds: microseconds('throttled_usec'),
    memoryBytes: Number(current),
    workingSetBytes: Math.max(0, Number(current) - (memory.get('inactive_file') ?? 0)),
    rssBytes: memory.get('anon') ?? 0,
    cacheBytes: memory.get('file') ?? 0,
    swapBytes: Number(swap ?? 0),
    mappedFileBytes: memory.get('file_mapped') ?? 0,
    maxMemoryBytes: Number(peak ?? 0),
    failcnt: flatKeyed(events ?? '').get('max') ?? 0,
    pageFaults: memory.get('pgfault') ?? 0,
    majorPageFaults: memory.get('pgmajfault') ?? 0,
    processes: Number(processes ?? 0),
    ...(limit !== undefined && Number.isFinite(memoryLimit) ? { memoryLimitBytes: memoryLimit } : {}),
    ...(weight === undefined ? {} : { cpuShares: sharesOf(Number(weight)) }),
    ...(quota && quota !== 'max' ? { cpuQuotaMicroseconds: Number(quota) } : {}),
    ...(period ? { cpuPeriodMicroseconds: Number(period) } : {}),
  };
}

/** The inverse of runc's conversion of shares (2..262144) to a weight (1..10000). */
const sharesOf = (weight: number): number => Math.round(2 + ((weight - 1) * 262_142) / 9_999);

/** Reads a group of version 1; undefined when it is gone. */
export async function legacyDetails(root: string, group: string): Promise<CgroupDetails | undefined> {
  const read = (controller: string, name: string): Promise<string | undefined> =>
    readGroupFile(join(root, controller, group, name));
  const [usage, times, cpu, shares, quota, period] = await Promise.all([
    read('cpuacct', 'cpuacct.usage'),
    read('cpuacct', 'cpuacct.stat'),
    read('cpu', 'cpu.stat'),
    read('cpu', 'cpu.shares'),
    read('cpu', 'cpu.cfs_quota_us'),
    read('cpu', 'cpu.cfs_period_us'),
  ]);
  const [current, stat, max, failcnt, limit, processes] = await Promise.all([
    read('memory', 'memory.usage_in_bytes'),
    read('memory', 'memory.stat'),
    read('memory', 'memory.max_usage_in_bytes'),
    read('memory', 'memory.failcnt'),
    read('memory', 'memory.limit_in_bytes'),
    read('pids', 'pids.current'),
  ]);
  if (usage === undefined || current === undefined || stat === undefined) return undefined;
  const jiffies = flatKeyed(times ?? '');
  const throttling = flatKeyed(cpu ?? '');
  const memory = flatKeyed(stat);
  const total = (name: string): number => memory.get(`total_${name}`) ?? 0;
  return {
    cpuNanoseconds: Number(usage),
    userNanoseconds: (jiffies.get('user') ?? 0) * JIFFY_NANOSECONDS,
    systemNanoseconds: (jiffies.get('system') ?? 0) * JIFFY_NANOSECONDS,
    periods: throttling.get('nr_periods') ?? 0,
    throttledPeriods: throttling.get('nr_throttled') ?? 0,
    throttledNanoseconds: throttling.get('throttled_time') ?? 0,
    memoryBytes: Number(current),
    workingSetBytes: Math.max(0, Number(current) - total('inactive_file')),
    rssBytes: total('rss'),
    cacheBytes: total('cache'),
    swapBytes: total('swap'),
    mappedFileBytes: total('mapped_file'),
    maxMemoryBytes: Number(max ?? 0),
    failcnt: Number(failcnt ?? 0),
    pageFaults: total('pgfault'),
    majorPageFaults: total('pgmajfault'),
    processes: Number(processes ?? 0),
    ...(limit !== undefined && Number(limit) < UNLIMITED ? { memoryLimitBytes: Number(limit) } : {}),
    ...(shares === undefined ? {} : { cpuShares: Number(shares) }),
    ...(quota !== undefined && Number(quota) > 0 ? { cpuQuotaMicroseconds: Number(quota) } : {}),
    ...(period === undefined ? {} : { cpuPeriodMicroseconds: Number(period) }),
  };
}
