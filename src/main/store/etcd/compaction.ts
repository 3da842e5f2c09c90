import type { Clock, Logger } from '../../../shared/logger.ts';
import type { EtcdClient } from './client.ts';

/** kube-apiserver's --etcd-compaction-interval: etcd keeps between one and two of these of history. */
export const COMPACT_EVERY_MS = 5 * 60_000;

/** What one control plane knows of the last compaction: the key's version, and etcd's revision at that time. */
export interface CompactionMark {
  version: number;
  revision: number;
}

/**
 * One turn of upstream's protocol (apiserver/pkg/storage/etcd3/compact.go): whoever first raises the key's version
 * compacts to the revision of the turn before; the others learn the version. So however many control planes there are,
 * etcd is compacted once a turn, and never to less than a turn ago.
 */
export async function compactOnce(
  client: Pick<EtcdClient, 'range' | 'txn' | 'compact'>,
  key: Buffer,
  mark: CompactionMark,
): Promise<CompactionMark> {
  const answer = await client.txn({
    compare: [{ key, target: 'Version', result: 'Equal', version: String(mark.version) }],
    success: [{ request_put: { key, value: Buffer.from(String(mark.revision)) } }],
    failure: [{ request_range: { key } }],
  });
  const revision = Number(answer.header.revision);
  if (!answer.succeeded) return { version: Number(answer.responses[0]?.response_range.kvs[0]?.version ?? 0), revision };
  if (mark.revision > 0) await client.compact(mark.revision);
  return { version: mark.version + 1, revision };
}

/** Takes a turn each `everyMs` until the returned function is called. */
export function startCompaction(
  client: EtcdClient,
  key: Buffer,
  deps: { clock: Clock; log: Logger },
  everyMs = COMPACT_EVERY_MS,
): () => void {
  let mark: CompactionMark = { version: 0, revision: 0 };
  const timer = setInterval(() => {
    compactOnce(client, key, mark).then(
      (next) => (mark = next),
      (error: unknown) => deps.log.warn({ err: error }, 'etcd was not compacted, trying again later'),
    );
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
