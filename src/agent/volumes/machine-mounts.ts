import { readFile } from 'node:fs/promises';
import { CommandError, type RunCommand } from '../network/run-command.ts';

/** Reads the machine's table of mounts (proc(5), mountinfo). */
export type ReadMounts = () => Promise<string>;
export const readMachineMounts: ReadMounts = () => readFile('/proc/1/mountinfo', 'utf8');

/** Mount points at or below a path, the innermost and the latest first: in the order in which they can be unmounted. */
export function mountPointsIn(mountinfo: string, path: string): string[] {
  return mountinfo
    .split('\n')
    .flatMap((line) => {
      const point = line
        .split(' ')[4]
        ?.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
      return point !== undefined && (point === path || point.startsWith(`${path}/`)) ? [point] : [];
    })
    .reverse()
    .sort((a, b) => b.length - a.length);
}

/** Whether something is mounted at exactly this path. */
export const isMountPoint = (mountinfo: string, path: string): boolean => mountPointsIn(mountinfo, path).includes(path);

/**
 * Unmounts everything at or below a path of the machine. Throws when something stays mounted: deleting the folder then
 * would delete what is mounted there.
 */
export async function unmountBelow(path: string, run: RunCommand, read: ReadMounts = readMachineMounts): Promise<void> {
  const points = mountPointsIn(await read(), path);
  if (points.length === 0) return;
  let refused: CommandError | undefined;
  for (const point of points) {
    try {
      await run('umount', [point]);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      // It may have gone with the one around it; what counts is whether it is still there in the end.
      refused = error;
    }
  }
  const left = mountPointsIn(await read(), path);
  if (left.length > 0) throw new Error(`${left.join(', ')} cannot be unmounted`, { cause: refused });
}
