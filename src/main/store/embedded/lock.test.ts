import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockDirectory, StoreLockedError } from './lock.ts';

let dir: string;
beforeEach(async () => (dir = await mkdtemp(join(tmpdir(), 'wheelhouse-lock-'))));
afterEach(() => rm(dir, { recursive: true }));

test('a directory has one writer, and the next after its release', async () => {
  const release = await lockDirectory(dir);
  const error = await lockDirectory(dir).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(StoreLockedError);
  expect((error as StoreLockedError).message).toBe(`the data directory ${dir} is in use by process ${process.pid}`);
  await release();
  await (
    await lockDirectory(dir)
  )();
  expect(await readdir(dir)).toEqual([]);
});

test('of many that ask at once one gets it', async () => {
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => lockDirectory(dir)));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('a lock whose process is gone is taken over', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  await writeFile(join(dir, 'lock'), JSON.stringify({ pid: child.pid, started: 'x', token: 't' }));
  const release = await lockDirectory(dir);
  expect(JSON.parse(await readFile(join(dir, 'lock'), 'utf8'))).toMatchObject({ pid: process.pid });
  await release();
});

test.runIf(process.platform === 'linux')('a lock whose pid another process has now is taken over', async () => {
  await writeFile(join(dir, 'lock'), JSON.stringify({ pid: process.ppid, started: 'an earlier boot', token: 't' }));
  await (
    await lockDirectory(dir)
  )();
});

test('a lock that is no lock is taken over', async () => {
  await writeFile(join(dir, 'lock'), '');
  await (
    await lockDirectory(dir)
  )();
});
