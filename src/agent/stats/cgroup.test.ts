import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CgroupFiles } from './cgroup-files.ts';
import { cpuRate } from './cpu-rate.ts';

let root: string;
beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'cgroup-'))));
afterEach(() => rm(root, { recursive: true }));

async function files(contents: Record<string, string>): Promise<CgroupFiles> {
  for (const [path, content] of Object.entries(contents)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  return new CgroupFiles(root);
}

const expected = { cpuNanoseconds: 5_000_000, memoryBytes: 1000, workingSetBytes: 600 };

test('version 1', async () => {
  const cgroups = await files({
    'cpuacct/docker/abc/cpuacct.usage': '5000000\n',
    'memory/docker/abc/memory.usage_in_bytes': '1000\n',
    'memory/docker/abc/memory.stat': 'inactive_file 1\ntotal_inactive_file 400\n',
  });
  expect(await cgroups.container('abc')).toEqual(expected);
  expect(await cgroups.container('gone')).toBeUndefined();
});

test.each(['system.slice/docker-abc.scope', 'docker/abc'])('version 2 in %s', async (group) => {
  const cgroups = await files({
    'cgroup.controllers': 'cpu memory\n',
    [`${group}/cpu.stat`]: 'usage_usec 5000\nuser_usec 1\n',
    [`${group}/memory.current`]: '1000\n',
    [`${group}/memory.stat`]: 'anon 600\ninactive_file 400\n',
  });
  expect(await cgroups.container('abc')).toEqual(expected);
  // The root of version 2 has no memory.current.
  expect(await cgroups.machine()).toBeUndefined();
});

test.each([
  ['half a core', { at: 0, cpuNanoseconds: 0 }, { at: 5_000, cpuNanoseconds: 2_500_000_000 }, 500_000_000],
  ['the first sample', undefined, { at: 5_000, cpuNanoseconds: 10 }, 0],
  ['a counter that began anew', { at: 0, cpuNanoseconds: 100 }, { at: 5_000, cpuNanoseconds: 10 }, 0],
])('the rate of %s', (_, before, now, rate) => {
  expect(cpuRate(before, now)).toBe(rate);
});
