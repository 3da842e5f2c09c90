import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../shared/logger.ts';
import type { SharedValues } from '../store/etcd/index.ts';
import {
  hasIdentity,
  identityBundle,
  installIdentity,
  openIdentity,
  packIdentity,
  readClusterId,
  secretsKeyFile,
  type IdentityBundle,
} from './identity.ts';
import { openWithPassphrase, sealWithPassphrase, WrongPassphraseError } from './passphrase.ts';
import { fileModeProtector, openSecretBox, type KeyProtector } from './secret-box.ts';
import { StartError } from './start-error.ts';

/** The name of the identity among the values that control planes share. */
export const SHARED_IDENTITY = 'identity';

/**
 * Makes the data directory one of the cluster that lives in etcd: the first control plane puts its identity there,
 * sealed with the join secret; every other takes it from there. Throws StartError for a wrong secret, and for a data
 * directory that belongs to another cluster.
 */
export async function joinSharedIdentity(
  shared: Pick<SharedValues, 'get' | 'put'>,
  joinSecret: string,
  dataDir: string,
  deps: { protector: KeyProtector; clock: Clock },
): Promise<void> {
  let stored = await shared.get(SHARED_IDENTITY);
  if (!stored) {
    const own = await proposeIdentity(dataDir, deps);
    // Who loses the race takes the other's.
    await shared.put(SHARED_IDENTITY, sealWithPassphrase(joinSecret, Buffer.from(JSON.stringify(own))), 0);
    stored = await shared.get(SHARED_IDENTITY);
  }
  if (!stored) throw new Error('the shared identity vanished from etcd');
  const identity = openSharedIdentity(stored.value, joinSecret);
  if (hasIdentity(dataDir) && (await readClusterId(dataDir)) !== identity.clusterId)
    throw new StartError(
      `--data-dir ${dataDir} belongs to another cluster than the one in etcd; choose another directory`,
    );
  await installIdentity(dataDir, identity, deps.protector);
}

/** Throws StartError when the secret does not fit. */
export function openSharedIdentity(sealed: Buffer, joinSecret: string): IdentityBundle {
  try {
    return identityBundle.parse(JSON.parse(openWithPassphrase(joinSecret, sealed).toString()));
  } catch (error) {
    if (error instanceof WrongPassphraseError)
      throw new StartError('--join-secret-file does not hold the join secret of the cluster in etcd');
    throw error;
  }
}

/** Shares what this start renewed or made anew in the data directory: certificates, signing keys. The last one to start wins. */
export async function shareRenewals(
  shared: Pick<SharedValues, 'get' | 'put'>,
  joinSecret: string,
  dataDir: string,
): Promise<void> {
  const stored = await shared.get(SHARED_IDENTITY);
  if (!stored) throw new Error('there is no shared identity in etcd');
  const identity = openSharedIdentity(stored.value, joinSecret);
  const own = { ...(await packIdentity(dataDir, [])), secretsKeys: identity.secretsKeys };
  if (isDeepStrictEqual(own.pki, identity.pki)) return;
  await shared.put(
    SHARED_IDENTITY,
    sealWithPassphrase(joinSecret, Buffer.from(JSON.stringify(own))),
    stored.modRevision,
  );
}

/** Puts other Secret keys into the shared identity. Throws when another control plane changed it at the same time. */
export async function shareKeys(
  shared: Pick<SharedValues, 'get' | 'put'>,
  joinSecret: string,
  keys: readonly Buffer[],
): Promise<void> {
  const stored = await shared.get(SHARED_IDENTITY);
  if (!stored) throw new Error('there is no shared identity in etcd');
  const identity = openSharedIdentity(stored.value, joinSecret);
  const secretsKeys = keys.map((key) => key.toString('base64'));
  const sealed = sealWithPassphrase(joinSecret, Buffer.from(JSON.stringify({ ...identity, secretsKeys })));
  if (!(await shared.put(SHARED_IDENTITY, sealed, stored.modRevision)))
    throw new Error('another control plane is changing the key of Secrets; try again when it is done');
}

/** The directory's own identity, or one made for the occasion in a directory that goes away again. */
async function proposeIdentity(
  dataDir: string,
  { protector, clock }: { protector: KeyProtector; clock: Clock },
): Promise<IdentityBundle> {
  if (hasIdentity(dataDir))
    return packIdentity(dataDir, (await openSecretBox(secretsKeyFile(dataDir), protector)).keys);
  const passing = await mkdtemp(join(dataDir, '.identity-'));
  try {
    const { box } = await openIdentity(passing, fileModeProtector, clock);
    return await packIdentity(passing, box.keys);
  } finally {
    await rm(passing, { recursive: true, force: true });
  }
}
