import { spawn } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleWorker, cutPower, FAILPOINTS } from './crash-harness.ts';
import { openEmbeddedStore, type Failpoint } from './index.ts';
import { silentLog } from './test-log.ts';

/** The last acknowledged state of each key, over all rounds, and the highest revision anybody was shown. */
interface History {
  acknowledged: Map<string, { revision: number; value: string }>;
  highest: number;
}

interface Death {
  failpoint?: Failpoint;
  passing?: number;
  /** Kill after so many acknowledgements. */
  afterLines?: number;
  /** Also lose what was never fsync'd. */
  powerCut?: boolean;
}

let base: string;
let worker: string;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'wheelhouse-crash-'));
  worker = join(base, 'worker.mjs');
  await bundleWorker('crash-worker.ts', worker);
});
afterAll(() => rm(base, { recursive: true }));

/** Runs the worker until it dies and adds what it acknowledged to the history. */
async function runUntilDeath(dir: string, round: number, death: Death, history: History): Promise<void> {
  const { failpoint = '-', passing = 1, afterLines } = death;
  const child = spawn(process.execPath, [worker, dir, String(round), failpoint, String(passing)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<NodeJS.Signals | null>((resolve) => child.on('exit', (_code, signal) => resolve(signal)));
  let opened: number | undefined;
  let lines = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [key = '', revisionText = '', value = ''] = line.split(' ');
    const revision = Number(revisionText);
    if (key === 'open') {
      opened = revision;
      expect(value, 'damage reported after a mere crash').toBe('[]');
      expect(opened, 'the revision went back').toBeGreaterThanOrEqual(history.highest);
      continue;
    }
    expect(revision, 'a revision was given out again').toBeGreaterThan(opened ?? Infinity);
    history.highest = Math.max(history.highest, revision);
    if (key !== '~') history.acknowledged.set(key, { revision, value });
    if (++lines === afterLines) child.kill('SIGKILL');
  }
  expect(await exited).toBe('SIGKILL');
}

/** Opens a copy, so that the next round still meets what the crash left, and compares it with the history. */
async function check(dir: string, history: History): Promise<void> {
  const copy = `${dir}.check`;
  await cp(dir, copy, { recursive: true });
  const store = await openEmbeddedStore({ dir: copy, log: silentLog, clock: Date });
  expect(store.recovery.damage).toEqual([]);
  expect(store.revision).toBeGreaterThanOrEqual(history.highest);
  for (const [key, { revision, value }] of history.acknowledged) {
    const stored = await store.get(key);
    const step = Number(/s(\d+)$/.exec(value)?.[1] ?? Number.NaN);
    // One write a key may have been under way: it may have been stored without having been acknowledged.
    if (stored === undefined)
      expect(value === '-' || step % 7 === 5, `${key} lost its write at ${revision}`).toBe(true);
    else if (stored.modRevision === revision) expect(stored.value['data']).toBe(value);
    else expect(stored.modRevision, `${key} fell behind what was acknowledged`).toBeGreaterThan(revision);
  }
  await store.close();
  await rm(copy, { recursive: true });
}

async function die(name: string, deaths: Death[]): Promise<History> {
  const dir = join(base, name);
  const history: History = { acknowledged: new Map(), highest: 0 };
  for (const [round, death] of deaths.entries()) {
    await runUntilDeath(dir, round, death, history);
    if (death.powerCut) await cutPower(dir);
    await check(dir, history);
  }
  return history;
}

describe('a store whose process is killed', { timeout: 120_000 }, () => {
  test('at each failpoint keeps every acknowledged write and never goes back', async () => {
    const deaths = FAILPOINTS.flatMap((failpoint): Death[] => [
      { failpoint, passing: 1 },
      { failpoint, passing: 3 },
    ]);
    const history = await die('failpoints', deaths);
    expect(history.acknowledged.size).toBe(24);
  });

  test('at any moment keeps every acknowledged write and never goes back', async () => {
    let seed = 4711;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    const deaths = Array.from({ length: 20 }, (): Death => ({ afterLines: 1 + random(900) }));
    const history = await die('moments', deaths);
    expect(history.acknowledged.size).toBe(24);
  });

  test('by a power cut keeps every acknowledged write, without what was never fsynced', async () => {
    const points: Failpoint[] = [
      'append.after',
      'fsync.before',
      'ack.before',
      'snapshot.rename.before',
      'rotate.after',
    ];
    const deaths = points.flatMap((failpoint): Death[] => [
      { failpoint, passing: 2, powerCut: true },
      { failpoint, passing: failpoint.startsWith('snapshot') ? 2 : 9, powerCut: true },
    ]);
    const history = await die('power', deaths);
    expect(history.acknowledged.size).toBe(24);
  });
});
