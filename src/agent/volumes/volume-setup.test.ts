import { mkdir, mkdtemp, readdir, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../shared/api/kinds.ts';
import { CommandError } from '../network/run-command.ts';
import { aContainer, aPod } from '../pods/fixtures.ts';
import { mountPointsIn, unmountBelow } from './machine-mounts.ts';
import { giveToGroup } from './ownership.ts';
import { PodDirectory } from './pod-directory.ts';
import { VolumeDirectories } from './volume-directories.ts';
import { containerMounts, VolumeSetup } from './volume-setup.ts';

const AROUND = { podIp: '10.244.1.2', hostIp: '192.0.2.1', allocatable: { milliCpu: 2000, memoryBytes: 2 ** 31 } };
const NOTHING = { configMaps: new Map(), secrets: new Map(), tokens: new Map() };

let machine: string;
/** Commands as they were run, and what they mounted: mount points of the machine, by source. */
let commands: string[];
let mounted: Map<string, string>;
beforeEach(async () => {
  machine = await mkdtemp(join(tmpdir(), 'machine-'));
  commands = [];
  mounted = new Map();
});
afterEach(() => rm(machine, { recursive: true }));

const table = (): string => [...mounted.keys()].map((point) => `36 35 98:0 / ${point} rw - tmpfs tmpfs rw`).join('\n');
/** The machine's mount and umount, as far as the table of mounts goes. */
async function run(command: string, args: string[]): Promise<string> {
  const target = args.at(-1) ?? '';
  const source = args.at(-2) ?? '';
  commands.push([command, ...args].join(' ').replace(/\/proc\/\d+\/fd\/\d+/, 'FD'));
  if (source.startsWith('nfs.gone:'))
    throw new CommandError('mount', 32, 'mount: bad option; you might need a /sbin/mount.nfs helper program.\n');
  if (command === 'mount') mounted.set(target, source.startsWith('/proc/') ? await readlink(source) : source);
  else if (!mounted.delete(target)) throw new CommandError('umount', 32, 'not mounted');
  return '';
}

const claim: PersistentVolumeClaim = {
  metadata: { name: 'data', namespace: 'default', uid: 'c1' },
  spec: { volumeName: 'pv' },
  status: { phase: 'Bound' },
};
const volumeAt = (spec: PersistentVolume['spec']): PersistentVolume => ({
  metadata: { name: 'pv' },
  spec: { claimRef: { uid: 'c1' }, ...spec },
});
const setup = (found: { claim?: PersistentVolumeClaim; volume?: PersistentVolume } = {}): VolumeSetup =>
  new VolumeSetup({
    runOnMachine: run,
    readMounts: () => Promise.resolve(table()),
    root: machine,
    claims: { claim: () => Promise.resolve(found.claim), persistentVolume: () => Promise.resolve(found.volume) },
  });
const directory = new PodDirectory('/pods', 'uid');
const withVolume = (volume: object, more: Partial<NonNullable<Pod['spec']>> = {}): Pod =>
  aPod({ volumes: [{ name: 'v', ...volume }], ...more });
const ofClaim = (found: Parameters<typeof setup>[0], more: Partial<NonNullable<Pod['spec']>> = {}) =>
  setup(found).setUp(withVolume({ persistentVolumeClaim: { claimName: 'data' } }, more), directory, NOTHING, AROUND);

describe('the volume of a claim', () => {
  test('is the directory that its PersistentVolume names, given to the pod’s group', async () => {
    await mkdir(join(machine, 'disk'));
    await writeFile(join(machine, 'disk/file'), '', { mode: 0o600 });
    const group = process.getgid?.() ?? 0;
    const found = { claim, volume: volumeAt({ local: { path: '/disk' } }) };
    const ready = await ofClaim(found, { securityContext: { fsGroup: group } });
    expect(ready.get('v')?.path).toBe('/disk');
    expect((await stat(join(machine, 'disk'))).mode & 0o7777).toBe(0o2775);
    expect((await stat(join(machine, 'disk/file'))).mode & 0o777).toBe(0o660);
  });

  test('is mounted from an NFS server once, and unmounted with the pod', async () => {
    const volumes = setup({
      claim,
      volume: volumeAt({ nfs: { server: 'nas', path: '/x' }, mountOptions: ['vers=4'] }),
    });
    const pod = withVolume({ persistentVolumeClaim: { claimName: 'data' } });
    await volumes.setUp(pod, directory, NOTHING, AROUND);
    await volumes.setUp(pod, directory, NOTHING, AROUND);
    expect(commands).toEqual(['mount -t nfs -o vers=4 nas:/x /pods/uid/volumes/v']);
    await volumes.tearDown(pod, directory);
    expect(mounted.size).toBe(0);
    expect(await readdir(join(machine, 'pods'))).toEqual([]);
  });

  const problem = (text: string): string =>
    `Unable to attach or mount volumes: unmounted volumes=[v], unattached volumes=[], failed to process volumes=[v]: error processing PVC default/data: ${text}`;
  test.each([
    [problem('failed to fetch PVC from API server: persistentvolumeclaims "data" not found'), {}],
    [problem('PVC is not bound'), { claim: { ...claim, status: { phase: 'Pending' } } }],
    [problem('failed to fetch PV pv from API server: persistentvolumes "pv" not found'), { claim }],
    [
      'MountVolume.NewMounter initialization failed for volume "pv" : path "/gone" does not exist',
      { claim, volume: volumeAt({ local: { path: '/gone' } }) },
    ],
    [
      'MountVolume.SetUp failed for volume "pv" : kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: driver name disks.example.com not found in the list of registered CSI drivers',
      { claim, volume: volumeAt({ csi: { driver: 'disks.example.com', volumeHandle: 'h' } }) },
    ],
    [
      'you might need a /sbin/mount.nfs helper program. (the machine needs the package nfs-common or nfs-utils)',
      { claim, volume: volumeAt({ nfs: { server: 'nfs.gone', path: '/' } }) },
    ],
  ])('is told to be missing: %s', async (message, found) => {
    await expect(ofClaim(found)).rejects.toThrow(message);
  });
});

describe('a volume in memory', () => {
  test('has its limit, and is mounted anew when a reboot took it', async () => {
    const pod = withVolume({ emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } });
    await setup().setUp(pod, directory, NOTHING, AROUND);
    await setup().setUp(pod, directory, NOTHING, AROUND);
    mounted.clear();
    await setup().setUp(pod, directory, NOTHING, AROUND);
    const mount = 'mount -t tmpfs -o mode=0777,size=1048576 tmpfs /pods/uid/volumes/v';
    expect(commands).toEqual([mount, mount]);
  });
});

describe('a part of a volume', () => {
  const mounts = async (subPath: string) => {
    const ready = await setup().setUp(withVolume({ emptyDir: {} }), directory, NOTHING, AROUND);
    return containerMounts({
      container: aContainer({ volumeMounts: [{ name: 'v', mountPath: '/v', subPath }] }),
      volumePaths: ready,
      variables: new Map(),
      hostsFile: '/hosts',
      terminationLog: join(machine, 'log'),
    });
  };

  test('is mounted from where it was found to be, once, and again when it is another', async () => {
    const place = '/pods/uid/volume-subpaths/v/app/0';
    expect((await mounts('a/b'))[0]).toMatchObject({ hostPath: place, containerPath: '/v' });
    expect(commands).toEqual([`mount --no-canonicalize --bind FD ${place}`]);
    expect(mounted.get(place)).toBe(join(machine, 'pods/uid/volumes/v/a/b'));
    // Our mount does not really show what was mounted, so it is found to be another.
    await mounts('a/b');
    expect(commands.slice(1)).toEqual([`umount ${place}`, `mount --no-canonicalize --bind FD ${place}`]);
  });

  test.each([
    ['error SubPath `/etc` must not be an absolute path', '/etc'],
    ["unable to provision SubPath `a/../../b`: must not contain '..'", 'a/../../b'],
    ['failed to prepare subPath for volumeMount "v" of container "app"', 'link/x'],
  ])('is refused: %s', async (message, subPath) => {
    await mkdir(join(machine, 'pods/uid/volumes/v'), { recursive: true });
    await symlink('../../../..', join(machine, 'pods/uid/volumes/v/link'));
    await expect(mounts(subPath)).rejects.toThrow(message);
    expect(commands).toEqual([]);
  });
});

describe('the end of a pod', () => {
  test('unmounts the innermost first, and deletes nothing while something stays mounted', async () => {
    for (const point of ['/pods/uid/a', '/pods/uid/a/b', '/pods/uid2/a']) mounted.set(point, 'x');
    await unmountBelow('/pods/uid', run, () => Promise.resolve(table()));
    expect(commands).toEqual(['umount /pods/uid/a/b', 'umount /pods/uid/a']);
    const stuck = unmountBelow(
      '/pods/uid2',
      () => Promise.reject(new CommandError('umount', 32, 'busy')),
      () => Promise.resolve(table()),
    );
    await expect(stuck).rejects.toThrow('/pods/uid2/a cannot be unmounted');
  });

  test('finds mount points with blanks in their names', () => {
    expect(mountPointsIn('36 35 98:0 / /a/with\\040blank rw - ext4 x rw', '/a')).toEqual(['/a/with blank']);
  });
});

test('a volume’s group is left alone where only its root has to fit and does', async () => {
  const group = process.getgid?.() ?? 0;
  await mkdir(join(machine, 'v/deep'), { recursive: true });
  await writeFile(join(machine, 'v/deep/file'), '', { mode: 0o600 });
  await symlink('/etc/hostname', join(machine, 'v/link'));
  const modeOfFile = async () => (await stat(join(machine, 'v/deep/file'))).mode & 0o777;
  await giveToGroup(join(machine, 'v'), group, 'OnRootMismatch');
  expect(await modeOfFile()).toBe(0o660);
  await rm(join(machine, 'v/deep/file'));
  await writeFile(join(machine, 'v/deep/file'), '', { mode: 0o600 });
  await giveToGroup(join(machine, 'v'), group, 'OnRootMismatch');
  expect(await modeOfFile()).toBe(0o600);
  await giveToGroup(join(machine, 'v'), group, undefined);
  expect(await modeOfFile()).toBe(0o660);
});

test('directories of volumes are made and removed by names that stay where they belong', async () => {
  const directories = new VolumeDirectories(join(machine, 'volumes'));
  const path = await directories.make('pvc-1_default_data');
  expect((await stat(path)).mode & 0o777).toBe(0o777);
  await writeFile(join(path, 'file'), '');
  await directories.make('pvc-1_default_data');
  expect(await readdir(path)).toEqual(['file']);
  await directories.remove('pvc-1_default_data');
  await directories.remove('pvc-1_default_data');
  expect(await readdir(join(machine, 'volumes'))).toEqual([]);
  for (const name of ['..', '../x', 'a/b', '.hidden', ''])
    await expect(directories.remove(name)).rejects.toThrow('cannot be the name of a volume');
});
