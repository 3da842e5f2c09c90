import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkHistory } from '../testing/check-history.ts';
import { HistoryRecorder, type Line } from '../testing/history-log.ts';
import { bundleWorker, cutPower, FAILPOINTS } from './crash-harness.ts';
import type { Failpoint } from './options.ts';

/** Kills at random moments in the history of each test; more by WHEELHOUSE_CRASHES. */
const CRASHES = Number(process.env['WHEELHOUSE_CRASHES'] ?? 12);
/** No worker goes on for longer than this many lines, should its failpoint not come. */
const LONGEST = 6_000;

interface Death {
  failpoint?: Failpoint;
  passing?: number;
  afterLines?: number;
  powerCut?: boolean;
}

let base: string;
let worker: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'wheelhouse-robust-'));
  worker = join(base, 'worker.mjs');
  await bundleWorker('robustness-worker.ts', worker);
});
afterAll(() => rm(base, { recursive: true }));

/** One process from its start to its death; what it said goes into the history. */
async function live(dir: string, run: number, death: Death, recorder: HistoryRecorder): Promise<void> {
  const { failpoint = '-', passing = 1, afterLines = LONGEST } = death;
  const child = spawn(process.execPath, [worker, dir, String(run), failpoint, String(passing)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<NodeJS.Signals | null>((resolve) => child.on('exit', (_code, signal) => resolve(signal)));
  let lines = 0;
  for await (const text of createInterface({ input: child.stdout })) {
    // The kill may cut the last line short.
    if (!text.endsWith('}')) continue;
    recorder.take(JSON.parse(text) as Line);
    if (++lines === afterLines) child.kill('SIGKILL');
  }
  expect(await exited).toBe('SIGKILL');
  if (death.powerCut) await cutPower(dir);
}

async function survive(name: string, deaths: readonly Death[]): Promise<HistoryRecorder> {
  const recorder = new HistoryRecorder();
  for (const [run, death] of deaths.entries()) await live(join(base, name), run, death, recorder);
  // A last life after the last death: what it reads at its start is judged too.
  await live(join(base, name), deaths.length, { afterLines: 500 }, recorder);
  return recorder;
}

function judge(recorder: HistoryRecorder, lives: number): void {
  const { history } = recorder;
  expect(checkHistory(history)).toEqual([]);
  expect(recorder.damage, 'damage reported after a mere crash').toBe(0);
  expect(history.openings).toHaveLength(lives);
  // A history in which nothing happened would prove nothing.
  const answered = history.writes.filter(({ acknowledged }) => acknowledged);
  expect(answered.length).toBeGreaterThan(lives * 20);
  expect(history.watches.flatMap(({ events }) => events).length).toBeGreaterThan(answered.length);
}

describe('a store under a mixed load, with watchers', { timeout: 300_000 }, () => {
  test('keeps every promise when it is killed at each failpoint', async () => {
    const deaths = FAILPOINTS.flatMap((failpoint): Death[] => [
      { failpoint, passing: 2 },
      { failpoint, passing: /^(append|fsync|ack)/.test(failpoint) ? 40 : 3 },
    ]);
    judge(await survive('failpoints', deaths), deaths.length + 1);
  });

  test('keeps every promise when it is killed at any moment', async () => {
    let seed = Number(process.env['WHEELHOUSE_SEED'] ?? 20_251);
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    const deaths = Array.from({ length: CRASHES }, (): Death => ({ afterLines: 200 + random(2_500) }));
    const recorder = await survive('moments', deaths);
    judge(recorder, deaths.length + 1);
    expect(recorder.compacted, 'no slow watcher was told to list again').toBeGreaterThan(0);
  });

  test('keeps every promise over power cuts that take what was never fsynced', async () => {
    const points: Failpoint[] = [
      'append.after',
      'fsync.before',
      'ack.before',
      'rotate.after',
      'snapshot.rename.before',
    ];
    const deaths = points.flatMap((failpoint): Death[] => [
      { failpoint, passing: failpoint.includes('.') && /^(append|fsync|ack)/.test(failpoint) ? 30 : 1, powerCut: true },
      { failpoint, passing: 2, powerCut: true },
    ]);
    judge(await survive('power', deaths), deaths.length + 1);
  });
});
