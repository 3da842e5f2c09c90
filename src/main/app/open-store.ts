import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../shared/api/errors.ts';
import type { Clock, Logger } from '../../shared/logger.ts';
import { openEmbeddedStore, StoreLockedError } from '../store/embedded/index.ts';
import { openEtcdStore, SharedValues, type EtcdAddress } from '../store/etcd/index.ts';
import { StoreUnavailableError, type Storage } from '../store/storage.ts';
import { keysOf, openIdentity, secretsKeyFile, type Identity } from './identity.ts';
import type { EtcdOptions, Options } from './options.ts';
import { readPassphraseFile } from './passphrase.ts';
import { finishRotation, rotateSecretsKey, type RotationDeps } from './rotate-secrets-key.ts';
import { sealerOf } from './sealer.ts';
import { writeKeys, type KeyProtector } from './secret-box.ts';
import {
  joinSharedIdentity,
  openSharedIdentity,
  SHARED_IDENTITY,
  shareKeys,
  shareRenewals,
} from './shared-identity.ts';
import { StartError } from './start-error.ts';

interface Deps {
  protector: KeyProtector;
  clock: Clock;
  log: Logger;
}

/** Another control plane runs on the data directory. */
export class StoreInUseError extends StartError {
  constructor(locked: StoreLockedError) {
    super(`${locked.message}; stop that, or choose another directory with --data-dir`);
  }
}

/** The store of a control plane, and the identity it is sealed with. */
export interface OpenedStore {
  storage: Storage;
  identity: Identity;
  /** Seals everything with a new key; see rotateSecretsKey. */
  rotateSecretsKey(): Promise<void>;
  /** Releases the store and all it took to open it. */
  close(): Promise<void>;
}

/** Opens what the options name. Finishes a rotation of the Secrets' key that an earlier process began. Throws StartError. */
export function openStore(options: Pick<Options, 'dataDir' | 'etcd'>, deps: Deps): Promise<OpenedStore> {
  return options.etcd ? openOnEtcd(options.dataDir, options.etcd, deps) : openInDataDir(options.dataDir, deps);
}

async function openInDataDir(dataDir: string, deps: Deps): Promise<OpenedStore> {
  const identity = await openIdentity(dataDir, deps.protector, deps.clock);
  const storage = await openEmbeddedStore({
    dir: join(dataDir, 'store'),
    log: deps.log,
    clock: deps.clock,
    options: { sealer: sealerOf(identity.box) },
  }).catch((error: unknown) => {
    throw error instanceof StoreLockedError ? new StoreInUseError(error) : error;
  });
  const rotation: RotationDeps = {
    box: identity.box,
    keepKeys: (keys) => writeKeys(secretsKeyFile(dataDir), deps.protector, keys),
    reseal: () => storage.reseal(),
  };
  return withRotation({ storage, identity, close: () => storage.close() }, rotation, deps.log);
}

async function openOnEtcd(dataDir: string, options: EtcdOptions, deps: Deps): Promise<OpenedStore> {
  const { protector, clock, log } = deps;
  const address = await addressOf(options);
  const joinSecret = await readPassphraseFile(options.joinSecretFile).catch((error: unknown) => {
    throw new StartError(`--join-secret-file: ${messageOf(error)}`);
  });
  const shared = await SharedValues.connect(address, clock);
  try {
    await joinSharedIdentity(shared, joinSecret, dataDir, { protector, clock });
    const identity = await openIdentity(dataDir, protector, clock);
    await shareRenewals(shared, joinSecret, dataDir);
    const { box } = identity;
    const storage = await openEtcdStore({
      ...address,
      log,
      clock,
      sealer: sealerOf(box),
      // Another control plane changes the key: what it seals with it comes after this.
      onShared: (name, value) => {
        if (name === SHARED_IDENTITY) box.useKeys(keysOf(openSharedIdentity(value, joinSecret)));
      },
    });
    const rotation: RotationDeps = {
      box,
      keepKeys: async (keys) => {
        await shareKeys(shared, joinSecret, keys);
        await writeKeys(secretsKeyFile(dataDir), protector, keys);
      },
      reseal: () => storage.reseal(),
    };
    const close = async (): Promise<void> => {
      await storage.close();
      shared.close();
    };
    // A rotation under way is the other control plane's to finish, or of whoever is asked to rotate next.
    return { storage, identity, close, rotateSecretsKey: () => rotateSecretsKey(rotation) };
  } catch (error) {
    shared.close();
    if (!(error instanceof StoreUnavailableError)) throw error;
    throw new StartError(`--etcd-endpoints ${options.endpoints.join(',')}: ${messageOf(error)}`);
  }
}

async function withRotation(
  opened: Omit<OpenedStore, 'rotateSecretsKey'>,
  rotation: RotationDeps,
  log: Logger,
): Promise<OpenedStore> {
  try {
    if (await finishRotation(rotation)) log.info({}, 'the change of the key of Secrets was finished');
  } catch (error) {
    await opened.close();
    throw error;
  }
  return { ...opened, rotateSecretsKey: () => rotateSecretsKey(rotation) };
}

async function addressOf({ endpoints, caFile, certificateFile, keyFile }: EtcdOptions): Promise<EtcdAddress> {
  if (!caFile) return { endpoints };
  const read = (file: string): Promise<Buffer> =>
    readFile(file).catch((error: NodeJS.ErrnoException) => {
      throw new StartError(`${file} cannot be read: ${error.message}`);
    });
  const ca = await read(caFile);
  return certificateFile && keyFile
    ? { endpoints, tls: { ca, certificate: await read(certificateFile), key: await read(keyFile) } }
    : { endpoints, tls: { ca } };
}
