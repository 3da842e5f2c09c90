import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { prepareHostPath } from './host-path.ts';
import { openInVolume, openOnMachine, OutsideVolume, placeOf } from './machine-path.ts';

let machine: string;
let volume: string;
beforeEach(async () => {
  machine = await mkdtemp(join(tmpdir(), 'machine-'));
  volume = join(machine, 'pods/volume');
  await mkdir(join(volume, 'data'), { recursive: true });
  await mkdir(join(machine, 'etc'));
  await writeFile(join(machine, 'etc/shadow'), 'secret');
  await writeFile(join(volume, 'data/file'), 'ours');
});
afterEach(() => rm(machine, { recursive: true }));

/** Where the machine's path of the volume leads with a subPath, from the machine's root. */
async function placed(subPath: string): Promise<string> {
  const handle = await openInVolume(await openOnMachine('/pods/volume', machine), subPath);
  try {
    return (await readlink(placeOf(handle))).slice(machine.length);
  } finally {
    await handle.close();
  }
}

describe('a part of a volume', () => {
  test('is what is there, by links within the volume too', async () => {
    await symlink('data', join(volume, 'current'));
    await symlink('../data/file', join(volume, 'data/loop'));
    expect(await placed('data/file')).toBe('/pods/volume/data/file');
    expect(await placed('current/loop')).toBe('/pods/volume/data/file');
    expect(await placed('data/../data')).toBe('/pods/volume/data');
  });

  test('is made when it is missing, with the rights of the volume', async () => {
    await chmod(volume, 0o2770);
    expect(await placed('new/deep')).toBe('/pods/volume/new/deep');
    expect((await stat(join(volume, 'new/deep'))).mode & 0o7777).toBe(0o2770);
  });

  test.each([
    ['backsteps', '../../etc/shadow', undefined],
    ['a relative link', 'out', '../../etc/shadow'],
    ['a link of a folder', 'out/shadow', '../../etc'],
    ['an absolute link', 'out', '/etc/shadow'],
    ['a link to the root', 'out/etc/shadow', '/'],
    ['a link by way of the volume itself', 'out', 'data/../../../etc/shadow'],
  ])('is refused when %s would lead out of it', async (_what, subPath, link) => {
    if (link !== undefined) await symlink(link, join(volume, 'out'));
    await expect(placed(subPath)).rejects.toThrow(OutsideVolume);
  });

  test('ends with a ring of links', async () => {
    await symlink('b', join(volume, 'a'));
    await symlink('a', join(volume, 'b'));
    await expect(placed('a')).rejects.toThrow('too many levels of symbolic links');
  });

  test('is never outside, however fast a neighbour changes a link', async () => {
    const point = async (target: string): Promise<void> => {
      await symlink(target, join(volume, 'next'));
      await rename(join(volume, 'next'), join(volume, 'swapped'));
    };
    await point('data');
    let swapping = true;
    const swap = async (): Promise<number> => {
      let swaps = 0;
      for (; swapping; swaps += 1) await point(swaps % 2 === 0 ? '../../etc' : 'data');
      return swaps;
    };
    const swapper = swap();
    const outcomes = new Map<string, number>();
    for (let round = 0; round < 1_500; round += 1) {
      const place = await placed('swapped/shadow').catch((error: unknown) => (error as Error).constructor.name);
      outcomes.set(place, (outcomes.get(place) ?? 0) + 1);
    }
    swapping = false;
    expect(await swapper).toBeGreaterThan(10);
    const seen = [...outcomes.keys()];
    expect(seen.filter((place) => place.startsWith('/') && !place.startsWith('/pods/volume/'))).toEqual([]);
    expect(seen.sort()).toEqual(['/pods/volume/data/shadow', 'OutsideVolume']);
    expect(await readFile(join(machine, 'etc/shadow'), 'utf8')).toBe('secret');
  });
});

describe('a path of the machine', () => {
  test('follows links by the machine’s own root', async () => {
    await mkdir(join(machine, 'run'));
    await mkdir(join(machine, 'var'));
    await symlink('/run', join(machine, 'var/run'));
    await prepareHostPath('/var/run/made', 'DirectoryOrCreate', machine);
    expect((await lstat(join(machine, 'run/made'))).isDirectory()).toBe(true);
    await prepareHostPath('/var/run/sub/file', 'FileOrCreate', machine);
    expect((await lstat(join(machine, 'run/sub/file'))).isFile()).toBe(true);
  });

  test.each([
    ['Directory', '/etc/shadow', 'a directory'],
    ['DirectoryOrCreate', '/etc/shadow', 'a directory'],
    ['File', '/etc', 'a file'],
    ['FileOrCreate', '/etc', 'a file'],
    ['Socket', '/nowhere', 'a socket file'],
    ['CharDevice', '/etc', 'a character device'],
    ['BlockDevice', '/etc', 'a block device'],
  ])('is checked to be what it is said to be: %s', async (type, path, what) => {
    await expect(prepareHostPath(path, type, machine)).rejects.toThrow(
      `hostPath type check failed: ${path} is not ${what}`,
    );
  });
});
