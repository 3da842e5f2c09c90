/**
 * The process that `robustness.test.ts` kills: the mixed workload on an embedded store, said line by line on stdout.
 * Arguments: directory, run, failpoint to die at (or `-`), which passing of it.
 */
import { appendFileSync, readdirSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Line } from '../testing/history-log.ts';
import { runWorkload } from '../testing/workload.ts';
import { openEmbeddedStore } from './index.ts';
import { silentLog } from './test-log.ts';

const [dir = '', run = '0', dieAt = '-', passing = '1'] = process.argv.slice(2);
let passed = 0;

/** Synchronous: what was said before the kill is in the pipe. */
const say = (line: Line): void => void writeSync(1, `${JSON.stringify(line)}\n`);

const store = await openEmbeddedStore({
  dir,
  log: silentLog,
  clock: Date,
  options: {
    compactAfterBytes: 10_000,
    coalesceMs: 20,
    windowEvents: 300,
    watcherBacklog: 30,
    failpoint: (name) => {
      if (name === 'fsync.after') noteDurableSize();
      if (name === dieAt && ++passed >= Number(passing)) process.kill(process.pid, 'SIGKILL');
    },
  },
});
say({ say: 'open', revision: store.revision, damage: store.recovery.damage.length });

/** What a power cut would leave for certain: the size of the newest journal at its last fsync. */
function noteDurableSize(): void {
  const newest = readdirSync(dir)
    .filter((name) => name.startsWith('journal-'))
    .sort()
    .at(-1);
  if (newest) appendFileSync(`${dir}.durable`, `${JSON.stringify([[newest, statSync(join(dir, newest)).size]])}\n`);
}

await runWorkload(store, run, say, () => false);
