import type Docker from 'dockerode';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ObservedPod } from '../runtime/observed.ts';
import { SILENT } from '../testing.ts';
import { ImageCollector } from './image-collector.ts';
import { bytesToFree } from './image-plan.ts';
import { mountPointsOf, orphansOf } from './orphans.ts';

test.each([
  [16, 0],
  [15, 5],
  [1, 19],
])('with %d of 100 available, %d have to go', (available, bytes) => {
  expect(bytesToFree(100, available)).toBe(bytes);
});

describe('images', () => {
  let directory: string;
  beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), 'gc-'))));
  afterEach(() => rm(directory, { recursive: true }));

  function machine(available: number) {
    const state = { available, now: 0, used: ['old', 'new'] };
    const removed: string[] = [];
    const told: string[] = [];
    const docker = {
      listImages: () => Promise.resolve(['old', 'new', 'foreign'].map((Id) => ({ Id, Size: 10 }))),
      listContainers: () => Promise.resolve(state.used.map((ImageID) => ({ ImageID }))),
      getImage: (id: string) => ({ remove: () => Promise.resolve(removed.push(id)) }),
    } as unknown as Docker;
    const collector = (): ImageCollector =>
      new ImageCollector({
        docker,
        file: join(directory, 'images.json'),
        observeAll: () =>
          Promise.resolve(new Map([['u', { containers: state.used.map((imageId) => ({ imageId })) } as ObservedPod]])),
        disk: () => Promise.resolve({ capacity: 100, available: state.available }),
        event: (reason, message) => told.push(`${reason}: ${message}`),
        clock: { now: () => state.now },
        log: SILENT,
      });
    return { state, removed, told, collector };
  }

  test('that pods have used and nobody uses go, the longest unused first, and only as many as needed', async () => {
    const { state, removed, told, collector } = machine(50);
    await collector().collect();
    state.used = ['new'];
    state.now = 130_000;
    await collector().collect();
    state.used = [];
    state.available = 12;
    state.now = 300_000;
    // A new one: what it goes by has outlived the agent.
    await collector().collect();
    expect(removed).toEqual(['old']);
    expect(told).toEqual([]);
  });

  test('in use, too young or never used by a pod stay, and it is told that there is nothing to remove', async () => {
    const { state, removed, told, collector } = machine(0);
    const images = collector();
    await images.collect();
    state.used = ['old'];
    state.now = 60_000;
    await images.collect();
    expect(removed).toEqual([]);
    const words =
      'Failed to garbage collect required amount of images. Attempted to free 20 bytes, but only found 0 bytes eligible to free.';
    expect(told).toEqual([`FreeDiskSpaceFailed: ${words}`, `FreeDiskSpaceFailed: ${words}`, `ImageGCFailed: ${words}`]);
  });
});

test('folders of unknown pods go, but for those with something mounted', () => {
  const mounts = mountPointsOf('tmpfs /pods/c/volumes/my\\040dir tmpfs rw 0 0\nproc /proc proc rw 0 0\n');
  expect(mounts).toEqual(['/pods/c/volumes/my dir', '/proc']);
  expect(orphansOf(['a', 'b', 'c', 'cc'], new Set(['a']), '/pods', mounts)).toEqual({
    remove: ['b', 'cc'],
    mounted: ['c'],
  });
});
