import { open, rename, rm, stat } from 'node:fs/promises';
import type { Clock } from '../../../shared/logger.ts';
import type { Storage } from '../../store/storage.ts';
import { packIdentity } from '../identity.ts';
import type { SecretBox } from '../secret-box.ts';
import { VERSION } from '../version.ts';
import { BackupError, encodeBackup } from './backup-format.ts';

export interface BackupSource {
  storage: Pick<Storage, 'list'>;
  dataDir: string;
  box: SecretBox;
  clock: Clock;
}

/** The cluster as it is now, at one revision, as the bytes of a backup file. Writes go on meanwhile. */
export async function takeBackup(source: BackupSource, passphrase?: string): Promise<AsyncIterable<Buffer>> {
  const { storage, dataDir, box, clock } = source;
  const { items, revision } = await storage.list({ prefix: '' });
  const identity = await packIdentity(dataDir, box.keys);
  const createdAt = new Date(clock.now()).toISOString();
  return encodeBackup({ createdAt, version: VERSION, revision, objects: items, identity }, passphrase);
}

/** Writes a backup to a new file (0600): all of it or nothing. Resolves with its size when it is on disk. Throws BackupError. */
export async function saveBackup(file: string, bytes: AsyncIterable<Uint8Array>): Promise<number> {
  const unfinished = `${file}.unfinished`;
  const taken = await stat(file).then(
    () => true,
    () => false,
  );
  if (taken) throw new BackupError(`${file} is there already; choose another name`);
  const handle = await open(unfinished, 'w', 0o600);
  try {
    for await (const chunk of bytes) await handle.writeFile(chunk);
    await handle.sync();
    await handle.close();
    await rename(unfinished, file);
  } catch (error) {
    await handle.close().finally(() => rm(unfinished, { force: true }));
    throw error;
  }
  return (await stat(file)).size;
}
