import type { Clock, Logger } from '../../../shared/logger.ts';
import type { MemoryBounds } from '../memory/memory-state.ts';
import type { ValueSealer } from '../sealer.ts';
import type { Storage } from '../storage.ts';
import { connectEtcd, type EtcdAddress, type EtcdClient } from './client.ts';
import { COMPACT_EVERY_MS, startCompaction } from './compaction.ts';
import { EtcdStorage } from './etcd-storage.ts';
import { DEFAULT_PREFIX, EtcdKeys } from './keys.ts';
import { Mirror } from './mirror.ts';
import { resealAll } from './reseal.ts';
import { ValueCodec } from './values.ts';

export type { EtcdAddress } from './client.ts';
export { SharedValues } from './shared-values.ts';

export interface EtcdStore extends Storage {
  /** Seals every Secret with the key that seals now, and waits until no control plane can be writing with another. */
  reseal(): Promise<void>;
}

export interface EtcdStoreDeps extends EtcdAddress {
  log: Logger;
  clock: Clock;
  /** Where in etcd; default `/wheelhouse/registry`. */
  prefix?: string;
  /** Encrypts Secrets before they leave this process. */
  sealer?: ValueSealer;
  /** Told of every value shared beside the objects, first of those there are, before any object written after it. */
  onShared?: (name: string, value: Buffer) => void;
  /** How much is kept for watches and lists of older revisions; the embedded store's bounds unless said otherwise. */
  bounds?: MemoryBounds;
  /** etcd is compacted this often; `undefined`: every five minutes. */
  compactEveryMs?: number;
  /** How long another control plane may take to hear of a new key; twice what a call may take unless said otherwise. */
  settleMs?: number;
}

const SETTLE_MS = 10_000;

const BOUNDS: MemoryBounds = {
  windowEvents: 50_000,
  windowBytes: 32 * 1024 * 1024,
  windowMs: 10 * 60_000,
  watcherBacklog: 10_000,
};

/**
 * Opens the store that several control planes share. Resolves when everything has been read. Rejects with
 * StoreUnavailableError when etcd does not answer, and with a sentence when its Secrets are sealed with another key.
 */
export async function openEtcdStore(deps: EtcdStoreDeps): Promise<EtcdStore> {
  const { log, clock, bounds = BOUNDS, onShared = () => undefined } = deps;
  const client = await connectEtcd(deps, clock);
  try {
    const keys = new EtcdKeys(deps.prefix ?? DEFAULT_PREFIX);
    const codec = new ValueCodec(deps.sealer);
    await makeHead(client, keys);
    const mirror = await Mirror.open({ client, keys, codec, clock, log, bounds, onShared });
    const stopCompaction = startCompaction(client, keys.compaction, deps, deps.compactEveryMs ?? COMPACT_EVERY_MS);
    const onClose = (): void => {
      stopCompaction();
      client.close();
    };
    const storage = new EtcdStorage({ client, keys, codec, mirror, onClose });
    return Object.assign(storage, { reseal: () => resealAll({ client, keys, codec }, deps.settleMs ?? SETTLE_MS) });
  } catch (error) {
    client.close();
    throw error;
  }
}

/** The head key is there before the first read of it. */
async function makeHead(client: EtcdClient, keys: EtcdKeys): Promise<void> {
  await client.txn({
    compare: [{ key: keys.head, target: 'Version', result: 'Equal', version: '0' }],
    success: [{ request_put: { key: keys.head, value: Buffer.alloc(0) } }],
    failure: [],
  });
}
