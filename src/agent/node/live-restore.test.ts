import type Docker from 'dockerode';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { agreeLiveRestore, DAEMON_FILE, withLiveRestore } from './live-restore.ts';

let root: string;
let file: string;
let reloads: number;
let swarm: string;
let obeys: boolean;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'live-restore-'));
  file = join(root, DAEMON_FILE);
  reloads = 0;
  swarm = 'inactive';
  obeys = true;
  await mkdir(dirname(file), { recursive: true });
});
afterEach(() => rm(root, { recursive: true }));

const text = (): Promise<string | undefined> => readFile(file, 'utf8').catch(() => undefined);
/** A dockerd that reads its file when it is told to. */
function daemon(): { docker: Docker; reload: () => Promise<void> } {
  let enabled = false;
  return {
    docker: {
      info: () => Promise.resolve({ LiveRestoreEnabled: enabled, Swarm: { LocalNodeState: swarm } }),
    } as unknown as Docker,
    reload: async () => {
      if (!obeys) throw new Error('no such process');
      reloads += 1;
      // As dockerd: a setting that is not in the file stays as it is.
      const said = /"live-restore": (true|false)/.exec((await text()) ?? '')?.[1];
      if (said) enabled = said === 'true';
    },
  };
}
const agree = (wanted: boolean, dockerd = daemon()) =>
  agreeLiveRestore({ ...dockerd, wanted, stateDir: join(root, 'state'), root });

test.each([
  ['a file with settings', '{"data-root": "/data",\n "live-restore": false}'],
  ['no file', undefined],
])('is switched on in %s, and taken back with the agreement', async (_, before) => {
  if (before !== undefined) await writeFile(file, before);
  const dockerd = daemon();
  expect(await agree(true, dockerd)).toBe('enabled');
  expect(JSON.parse((await text()) ?? '')).toEqual({
    ...(before === undefined ? {} : { 'data-root': '/data' }),
    'live-restore': true,
  });
  expect(await agree(true, dockerd)).toBe('unchanged');
  expect(await agree(false, dockerd)).toBe('reverted');
  expect(await text()).toBe(before);
  expect(reloads).toBe(2);
  expect(await agree(false, dockerd)).toBe('unchanged');
});

test('a file that somebody has changed since stays as they left it', async () => {
  const dockerd = daemon();
  await agree(true, dockerd);
  const theirs = '{"live-restore": true, "debug": true}';
  await writeFile(file, theirs);
  expect(await agree(false, dockerd)).toBe('unchanged');
  expect(await text()).toBe(theirs);
});

test.each(['{"broken', '[]'])('a file that holds %s is not touched', async (broken) => {
  await writeFile(file, broken);
  await expect(agree(true)).rejects.toThrow();
  expect(await text()).toBe(broken);
});

test('a dockerd that does not take it up gets its file back', async () => {
  obeys = false;
  await writeFile(file, '{}');
  await expect(agree(true)).rejects.toThrow('is as it was before: no such process');
  expect(await text()).toBe('{}');
});

test('a member of a swarm is left alone', async () => {
  swarm = 'active';
  await expect(agree(true)).rejects.toThrow('swarm');
  expect(await text()).toBeUndefined();
});

test('an empty file counts as one without settings', () => {
  expect(withLiveRestore(' \n')).toBe('{\n  "live-restore": true\n}\n');
});
