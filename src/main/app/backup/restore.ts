import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../../../shared/logger.ts';
import { lockDirectory, seedEmbeddedStore, StoreLockedError, syncDirectory } from '../../store/embedded/index.ts';
import { installIdentity, keysOf } from '../identity.ts';
import { SecretBox, type KeyProtector } from '../secret-box.ts';
import { sealerOf } from '../sealer.ts';
import { BackupError, decodeBackup, type Backup } from './backup-format.ts';

/**
 * Added to the backup's revision (etcdutl snapshot restore --bump-revision): more than any cluster writes between its
 * backup and its restore, so that no revision a client saw after the backup is ever given again, and every watch and
 * list from before is told that it is compacted.
 */
const BUMP_REVISION = 1_000_000_000;

export interface Restored {
  backup: Pick<Backup, 'createdAt' | 'revision'>;
  objects: number;
  clusterId: string;
  /** Where the data directory that was there before is now. */
  setAside: string | undefined;
}

/**
 * Makes a data directory from a backup file. One that holds something is refused, or with `force` set aside under
 * another name. Everything is written and checked beside it first: whatever fails, nothing is changed. Throws
 * BackupError.
 */
export async function restoreBackup(
  file: string,
  dataDir: string,
  options: { passphrase?: string | undefined; force: boolean; protector: KeyProtector; clock: Clock },
): Promise<Restored> {
  const occupied = await isOccupied(dataDir);
  if (occupied && !options.force)
    throw new BackupError(
      `${dataDir} is not empty; choose another directory, or have it set aside by --force (nothing of it is deleted)`,
    );
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new BackupError(`${file}: ${error.code === 'ENOENT' ? 'there is no such file' : error.message}`);
  });
  const backup = await decodeBackup(bytes, options.passphrase).catch((error: unknown) => {
    throw error instanceof BackupError ? new BackupError(`${file} cannot be restored: ${error.message}`) : error;
  });
  await mkdir(dirname(dataDir), { recursive: true });
  const building = await mkdtemp(join(dirname(dataDir), `.${basename(dataDir)}-restoring-`));
  try {
    await build(building, backup, options.protector);
    const setAside = occupied ? await moveAside(dataDir, options.clock) : undefined;
    await rm(dataDir, { recursive: true, force: true });
    await rename(building, dataDir);
    await syncDirectory(dirname(dataDir));
    const { createdAt, revision, objects, identity } = backup;
    return { backup: { createdAt, revision }, objects: objects.length, clusterId: identity.clusterId, setAside };
  } catch (error) {
    await rm(building, { recursive: true, force: true });
    throw error;
  }
}

async function build(dir: string, { identity, objects, revision }: Backup, protector: KeyProtector): Promise<void> {
  await installIdentity(dir, identity, protector);
  const sealer = sealerOf(new SecretBox(keysOf(identity)));
  await seedEmbeddedStore(join(dir, 'store'), { objects, revision: revision + BUMP_REVISION, sealer });
}

async function isOccupied(dir: string): Promise<boolean> {
  try {
    return (await readdir(dir)).length > 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** Moves the directory away as a whole. Throws BackupError when a control plane runs on it. */
async function moveAside(dataDir: string, clock: Clock): Promise<string> {
  const store = join(dataDir, 'store');
  await mkdir(store, { recursive: true, mode: 0o700 });
  const unlock = await lockDirectory(store).catch((error: unknown) => {
    throw error instanceof StoreLockedError ? new BackupError(`${error.message}; stop that first`) : error;
  });
  await unlock();
  const stamp = new Date(clock.now()).toISOString().replace(/[:.]/g, '-');
  const aside = `${dataDir}.before-restore-${stamp}`;
  await rename(dataDir, aside);
  return aside;
}
