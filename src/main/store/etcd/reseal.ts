import { setTimeout as sleep } from 'node:timers/promises';
import type { EtcdClient } from './client.ts';
import type { EtcdKeys } from './keys.ts';
import type { ValueCodec } from './values.ts';

interface Deps {
  client: EtcdClient;
  keys: EtcdKeys;
  codec: ValueCodec;
}

const PAGE = 200;

/**
 * Seals every protected value with the key the sealer seals with now. Another control plane that has not heard of the
 * key yet may still write with the old one for as long as a call takes: so after a quiet pass it waits for `settleMs`
 * and looks once more. Each value written anew is an update that watchers see, as in upstream's storage migration.
 */
export async function resealAll(deps: Deps, settleMs: number): Promise<void> {
  for (let settled = false; ;) {
    const rewritten = await onePass(deps);
    if (rewritten === 0 && settled) return;
    settled = rewritten === 0;
    if (settled) await sleep(settleMs);
  }
}

/** Returns how many values were found sealed with an old key. */
async function onePass({ client, keys, codec }: Deps): Promise<number> {
  let stale = 0;
  for (let from: Buffer | undefined = keys.first; from;) {
    const page = await client.range({ key: from, range_end: keys.end, limit: PAGE });
    for (const kv of page.kvs) {
      const name = keys.read(kv.key);
      if ('shared' in name || !codec.isStale(name.key, kv.value)) continue;
      stale++;
      // When it changed meanwhile, the next pass looks at what it is then.
      await client.txn({
        compare: [{ key: kv.key, target: 'Mod', result: 'Equal', mod_revision: kv.mod_revision }],
        success: [
          { request_put: { key: kv.key, value: codec.reseal(name.key, kv.value) } },
          { request_put: { key: keys.head, value: Buffer.alloc(0) } },
        ],
        failure: [],
      });
    }
    const last = page.kvs.at(-1);
    from = page.more && last ? Buffer.concat([last.key, Buffer.from([0])]) : undefined;
  }
  return stale;
}
