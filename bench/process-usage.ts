// What a process uses, as the kernel counts it.
import { readFile } from 'node:fs/promises';

/** USER_HZ: the unit of CPU times in /proc, 100 on every architecture we run on. */
const TICKS_PER_SECOND = 100;

/** What is read of a process. Memory in bytes. */
export interface Memory {
  readonly resident: number;
  /** The most it ever was. */
  readonly peak: number;
}

/** Reads /proc/PID/status's text. */
export function parseMemory(status: string): Memory {
  const kilobytes = (field: string): number =>
    Number(new RegExp(`^${field}:\\s*(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN);
  return { resident: kilobytes('VmRSS') * 1024, peak: kilobytes('VmHWM') * 1024 };
}

/** CPU seconds, in user and kernel mode, of /proc/PID/stat's text. */
export function parseCpuSeconds(stat: string): number {
  // The command's name is in brackets and may hold anything; the fields are counted from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const USER_TIME = 11;
  return (Number(fields[USER_TIME]) + Number(fields[USER_TIME + 1])) / TICKS_PER_SECOND;
}

export async function memoryOf(pid: number): Promise<Memory> {
  return parseMemory(await readFile(`/proc/${pid}/status`, 'utf8'));
}

export async function cpuSecondsOf(pid: number): Promise<number> {
  return parseCpuSeconds(await readFile(`/proc/${pid}/stat`, 'utf8'));
}
