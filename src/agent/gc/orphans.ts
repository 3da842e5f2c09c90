import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../../shared/logger.ts';

/** Folders of pods that nobody knows; those with something mounted in them stay (pkg/kubelet cleanupOrphanedPodDirs). */
export function orphansOf(
  names: readonly string[],
  known: ReadonlySet<string>,
  podsRoot: string,
  mountPoints: readonly string[],
): { remove: string[]; mounted: string[] } {
  const orphans = names.filter((name) => !known.has(name));
  const isMounted = (name: string): boolean =>
    mountPoints.some((point) => point === join(podsRoot, name) || point.startsWith(`${join(podsRoot, name)}/`));
  return { remove: orphans.filter((name) => !isMounted(name)), mounted: orphans.filter(isMounted) };
}

/** Mount points in the text of `/proc/PID/mounts`, their octal escapes undone. */
export function mountPointsOf(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const point = line.split(' ')[1];
    return point ? [point.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(parseInt(code, 8)))] : [];
  });
}

/**
 * Removes the folders that an agent which was killed at a bad moment left behind. `known` gives the uids of the pods there
 * are; it is asked after the folders were listed, so that a pod that comes meanwhile keeps its folder.
 */
export async function removeOrphans(
  podsRoot: string,
  known: () => Promise<ReadonlySet<string>>,
  log: Logger,
): Promise<void> {
  const names = await readdir(podsRoot).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const mounts = await Promise.all(['/proc/1/mounts', '/proc/self/mounts'].map((file) => readFile(file, 'utf8')));
  const { remove, mounted } = orphansOf(names, await known(), podsRoot, mounts.flatMap(mountPointsOf));
  if (mounted.length > 0) log.warn({ pods: mounted }, 'folders of pods that are gone stay: something is mounted there');
  for (const name of remove) {
    await rm(join(podsRoot, name), { recursive: true, force: true });
    log.info({ pod: name }, 'removed the folder of a pod that is gone');
  }
}
