import { readFile } from 'node:fs/promises';

/** What one network interface has carried since it was made. */
export interface InterfaceCounters {
  name: string;
  rxBytes: number;
  rxPackets: number;
  rxErrors: number;
  rxDropped: number;
  txBytes: number;
  txPackets: number;
  txErrors: number;
  txDropped: number;
}

/** Reads `/proc/net/dev` as text; the loopback is left out, as cadvisor leaves it out. */
export function parseNetDev(text: string): InterfaceCounters[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*([^\s:]+):\s*(.*)$/.exec(line);
    const name = match?.[1];
    if (name === undefined || name === 'lo') return [];
    const columns = (match?.[2] ?? '').trim().split(/\s+/).map(Number);
    const at = (index: number): number => columns[index] ?? 0;
    return [
      {
        name,
        rxBytes: at(0),
        rxPackets: at(1),
        rxErrors: at(2),
        rxDropped: at(3),
        txBytes: at(8),
        txPackets: at(9),
        txErrors: at(10),
        txDropped: at(11),
      },
    ];
  });
}

/** The interfaces in the network namespace of a process of the machine; none when it has ended. */
export async function networkOf(pid: number): Promise<InterfaceCounters[]> {
  try {
    return parseNetDev(await readFile(`/proc/${pid}/net/dev`, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ESRCH', 'EINVAL'].includes(String(error.code)))
      return [];
    throw error;
  }
}
