import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { aPod } from '../pods/fixtures.ts';
import { Checkpoint } from './checkpoint.ts';

let directory: string;
beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), 'checkpoint-'))));
afterEach(() => rm(directory, { recursive: true }));

test('what is saved last is what the next agent finds', async () => {
  const checkpoint = new Checkpoint(directory);
  const backoff = { app_1: { delayMs: 20_000, lastUpdate: 5 } };
  await Promise.all([checkpoint.save({ pod: aPod(), backoff: {} }), checkpoint.save({ pod: aPod(), backoff })]);
  expect(await new Checkpoint(directory).load()).toEqual([{ pod: aPod(), backoff }]);
});

test('a removed pod is gone, also when a write was under way', async () => {
  const checkpoint = new Checkpoint(directory);
  void checkpoint.save({ pod: aPod(), backoff: {} });
  await checkpoint.remove('u1');
  expect(await readdir(directory)).toEqual([]);
});

test('leftovers and torn files are passed over', async () => {
  await writeFile(join(directory, 'u2.json'), '{"pod":');
  await writeFile(join(directory, 'u3.json.1.1.tmp'), '{}');
  expect(await new Checkpoint(directory).load()).toEqual([]);
});
