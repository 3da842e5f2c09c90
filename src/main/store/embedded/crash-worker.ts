/**
 * The process that `crash.test.ts` kills: writes as fast as it can and says what was acknowledged. Each line on
 * stdout is `key revision value` (value `-` for a delete), written synchronously after the acknowledgement.
 * Arguments: directory, round, failpoint to die at (or `-`), which passing of it.
 */
import { appendFileSync, readdirSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openEmbeddedStore } from './index.ts';
import { silentLog } from './test-log.ts';

const [dir = '', round = '0', dieAt = '-', passing = '1'] = process.argv.slice(2);
const WRITERS = 24;
let passed = 0;

const store = await openEmbeddedStore({
  dir,
  log: silentLog,
  clock: Date,
  options: {
    compactAfterBytes: 20_000,
    coalesceMs: 20,
    failpoint: (name) => {
      if (name === 'fsync.after') noteDurableSizes();
      if (name !== dieAt || ++passed < Number(passing)) return;
      process.kill(process.pid, 'SIGKILL');
    },
  },
});
writeSync(1, `open ${store.revision} ${JSON.stringify(store.recovery.damage)}\n`);

/** What a power cut would leave for certain: the journal's size when it was last fsync'd. Read by the test beside the directory. */
function noteDurableSizes(): void {
  const names = readdirSync(dir).filter((name) => name.startsWith('journal-'));
  // Only the last segment grows; older ones may be removed while we look.
  const sizes = names
    .sort()
    .slice(-1)
    .map((name) => [name, statSync(join(dir, name)).size]);
  appendFileSync(`${dir}.durable`, `${JSON.stringify(sizes)}\n`);
}

async function write(writer: number): Promise<never> {
  const key = `/core/configmaps/default/w${writer}`;
  for (let step = 0; ; step++) {
    const value = `r${round}s${step}`;
    const current = await store.get(key);
    const data = { metadata: { name: `w${writer}` }, data: value, filler: 'x'.repeat(writer * 20) };
    if (current && step % 7 === 6) {
      const { modRevision } = await store.delete(key, current.modRevision);
      writeSync(1, `${key} ${modRevision} -\n`);
    } else {
      const { modRevision } = await (current ? store.update(key, data, current.modRevision) : store.create(key, data));
      writeSync(1, `${key} ${modRevision} ${value}\n`);
    }
  }
}

/** Coalesced writes may be lost, but the revisions they showed must never come again. */
async function renew(): Promise<never> {
  const key = '/coordination.k8s.io/leases/default/l';
  for (;;) {
    const current = await store.get(key);
    const data = { metadata: { name: 'l' }, spec: {} };
    const renewed = await (current
      ? store.update(key, data, current.modRevision, 'coalesced')
      : store.create(key, data, 'coalesced'));
    writeSync(1, `~ ${renewed.modRevision} -\n`);
  }
}

await Promise.all([renew(), ...Array.from({ length: WRITERS }, (_, writer) => write(writer))]);
