import type Docker from 'dockerode';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Pod } from '../../shared/api/kinds.ts';
import type { ObservedPod } from '../runtime/observed.ts';
import { PodDirectory } from '../volumes/pod-directory.ts';
import { bytesBelow, DiskUsage } from './disk-usage.ts';

let root: string;
beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'usage-'))));
afterEach(() => rm(root, { recursive: true }));
const write = (path: string, kibibytes: number): Promise<void> =>
  writeFile(join(root, path), Buffer.alloc(kibibytes * 1024, 1));

test('files below a folder count with the blocks they take; links are not followed', async () => {
  const empty = await bytesBelow(root);
  await mkdir(join(root, 'deep/er'), { recursive: true });
  const folders = await bytesBelow(root);
  await write('deep/er/file', 64);
  await symlink('/usr', join(root, 'deep/usr'));
  const found = await bytesBelow(root);
  expect(empty).toBeLessThanOrEqual(folders);
  expect(found - folders).toBeGreaterThanOrEqual(64 * 1024);
  expect(found - folders).toBeLessThan(128 * 1024);
  expect(await bytesBelow(join(root, 'nothing'))).toBe(0);
});

test('a pod has its volumes that are not in memory, and its containers’ logs, also the earlier parts', async () => {
  const uid = 'u';
  const directory = new PodDirectory(root, uid);
  await mkdir(directory.volume('scratch'), { recursive: true });
  await writeFile(join(directory.volume('scratch'), 'file'), Buffer.alloc(32 * 1024, 1));
  await write('x-json.log', 16);
  await write('x-json.log.1', 16);
  const docker = {
    getContainer: () => ({
      inspect: () => Promise.resolve({ GraphDriver: { Data: null }, LogPath: join(root, 'x-json.log') }),
    }),
  } as unknown as Docker;
  const pod = {
    metadata: { uid },
    spec: {
      containers: [],
      volumes: [
        { name: 'scratch', emptyDir: {} },
        { name: 'fast', emptyDir: { medium: 'Memory' } },
      ],
    },
  } as Pod;
  const observed = { uid, containers: [{ id: 'x', name: 'app' }] } as ObservedPod;
  const usage = await new DiskUsage(docker, root, '').ofPod(pod, observed);
  expect([...usage.volumes.keys()]).toEqual(['scratch']);
  expect(usage.volumes.get('scratch')).toBeGreaterThanOrEqual(32 * 1024);
  expect(usage.containers.get('app')).toBeGreaterThanOrEqual(32 * 1024);
});
