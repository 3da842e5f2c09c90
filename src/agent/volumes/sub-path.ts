import { mkdir, open, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConfigError } from '../pods/config-error.ts';
import type { RunCommand } from '../network/run-command.ts';
import { isMountPoint, readMachineMounts, type ReadMounts } from './machine-mounts.ts';
import { MACHINE_ROOT, openInVolume, openOnMachine } from './machine-path.ts';

export interface SubPathDeps {
  runOnMachine: RunCommand;
  readMounts?: ReadMounts;
  /** Where this process sees the machine's files. */
  root?: string;
}

/** Refuses what only expansion could have brought into a subPath (kubelet_pods.go makeMounts). */
export function checkSubPath(subPath: string): void {
  if (subPath.startsWith('/')) throw new ConfigError(`error SubPath \`${subPath}\` must not be an absolute path`);
  if (subPath.split('/').includes('..'))
    throw new ConfigError(`unable to provision SubPath \`${subPath}\`: must not contain '..'`);
}

/**
 * Mounts a part of a volume at `target`, a path of ours, and returns that for Docker to mount: Docker looks at paths
 * again when it starts the container, and by then the container's neighbours may have put a link there
 * (subpath_linux.go doBindSubPath).
 */
export async function bindSubPath(
  volumePath: string,
  subPath: string,
  target: string,
  { runOnMachine, readMounts = readMachineMounts, root = MACHINE_ROOT }: SubPathDeps,
): Promise<string> {
  const place = await openInVolume(await openOnMachine(volumePath, root), subPath);
  try {
    const wanted = await place.stat();
    const seen = join(root, target);
    if (isMountPoint(await readMounts(), target)) {
      if (sameFile(await stat(seen), wanted)) return target;
      await runOnMachine('umount', [target]);
    }
    await mkdir(wanted.isDirectory() ? seen : dirname(seen), { recursive: true, mode: 0o750 });
    if (!wanted.isDirectory()) await (await open(seen, 'a', 0o640)).close();
    // By the descriptor, which is the place that was checked; and not to be made a path again.
    const source = `/proc/${process.pid}/fd/${place.fd}`;
    await runOnMachine('mount', ['--no-canonicalize', '--bind', source, target]);
    return target;
  } finally {
    await place.close();
  }
}

const sameFile = (a: { dev: number; ino: number }, b: { dev: number; ino: number }): boolean =>
  a.dev === b.dev && a.ino === b.ino;
