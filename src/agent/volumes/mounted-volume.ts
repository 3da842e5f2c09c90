import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, type RunCommand } from '../network/run-command.ts';
import { isMountPoint, type ReadMounts } from './machine-mounts.ts';

export interface NfsVolume {
  server: string;
  path: string;
  readOnly?: boolean;
}

/** How the machine mounts, and where this process sees its files. */
export interface MountDeps {
  runOnMachine: RunCommand;
  readMounts: ReadMounts;
  root: string;
}

/**
 * Mounts an NFS export at a folder of the pod, by the machine's own mount.nfs (pkg/volume/nfs). Throws in upstream's
 * words, and says what the machine lacks.
 */
export async function mountNfs(volume: NfsVolume, options: string[], target: string, deps: MountDeps): Promise<void> {
  if (isMountPoint(await deps.readMounts(), target)) return;
  await mkdir(join(deps.root, target), { recursive: true, mode: 0o750 });
  const flags = [...(volume.readOnly ? ['ro'] : []), ...options];
  const source = `${volume.server}:${volume.path}`;
  const args = ['-t', 'nfs', ...(flags.length > 0 ? ['-o', flags.join(',')] : []), source, target];
  try {
    await deps.runOnMachine('mount', args);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const hint = error.stderr.includes('/sbin/mount.')
      ? ' (the machine needs the package nfs-common or nfs-utils)'
      : '';
    const output = `${error.stderr.trim()}${hint}`;
    throw new Error(
      `mount failed: exit status ${String(error.code)}\nMounting command: mount\nMounting arguments: ${args.join(' ')}\nOutput: ${output}\n`,
      { cause: error },
    );
  }
}

/** A tmpfs of the pod's own; mounted again when a reboot took it away. */
export async function mountTmpfs(target: string, sizeBytes: number | undefined, deps: MountDeps): Promise<void> {
  if (isMountPoint(await deps.readMounts(), target)) return;
  await mkdir(join(deps.root, target), { recursive: true, mode: 0o750 });
  const options = ['mode=0777', ...(sizeBytes === undefined ? [] : [`size=${sizeBytes}`])];
  await deps.runOnMachine('mount', ['-t', 'tmpfs', '-o', options.join(','), 'tmpfs', target]);
}
