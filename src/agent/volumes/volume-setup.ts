import { chmod, chown, mkdir, realpath, rm, writeFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { messageOf } from '../../shared/api/errors.ts';
import type { Container, Pod } from '../../shared/api/kinds.ts';
import { wholeValue } from '../../shared/api/quantity.ts';
import { CommandError, type RunCommand } from '../network/run-command.ts';
import { ConfigError } from '../pods/config-error.ts';
import type { ReferencedObjects } from '../pods/environment.ts';
import { expand } from '../pods/expansion.ts';
import type { Surroundings } from '../pods/field-ref.ts';
import type { Mount } from '../runtime/container-spec.ts';
import { writePayload } from './atomic-writer.ts';
import { prepareHostPath } from './host-path.ts';
import { payloadOf } from './payload.ts';
import type { PodDirectory } from './pod-directory.ts';

type Volume = NonNullable<NonNullable<Pod['spec']>['volumes']>[number];

/** A volume could not be set up; the message is that of upstream's FailedMount event. */
export class MountError extends Error {
  override readonly name = 'MountError';
}

/** Makes the volumes of pods on the machine, and takes them away. */
export class VolumeSetup {
  constructor(
    /** Runs the machine's own mount and umount: a mount must be seen by Docker. */
    private readonly runOnMachine: RunCommand,
  ) {}

  /** Sets up every volume (again: content from the API is brought up to date) and returns their paths by name. */
  async setUp(
    pod: Pod,
    directory: PodDirectory,
    objects: ReferencedObjects,
    around: Surroundings,
  ): Promise<Map<string, string>> {
    const paths = new Map<string, string>();
    for (const volume of pod.spec?.volumes ?? []) {
      try {
        paths.set(volume.name, await this.#one(pod, volume, directory, objects, around));
      } catch (error) {
        throw new MountError(`MountVolume.SetUp failed for volume "${volume.name}" : ${messageOf(error)}`, {
          cause: error,
        });
      }
    }
    return paths;
  }

  /** Unmounts and deletes everything of a pod on disk. */
  async tearDown(pod: Pod, directory: PodDirectory): Promise<void> {
    for (const volume of pod.spec?.volumes ?? []) {
      if (volume.emptyDir?.medium !== 'Memory') continue;
      try {
        await this.runOnMachine('umount', [directory.volume(volume.name)]);
      } catch (error) {
        // It was never mounted, or a reboot has done it.
        if (!(error instanceof CommandError)) throw error;
      }
    }
    await rm(directory.root, { recursive: true, force: true });
  }

  async #one(
    pod: Pod,
    volume: Volume,
    directory: PodDirectory,
    objects: ReferencedObjects,
    around: Surroundings,
  ): Promise<string> {
    if (volume.hostPath) {
      await prepareHostPath(volume.hostPath.path, volume.hostPath.type);
      return volume.hostPath.path;
    }
    const path = directory.volume(volume.name);
    const fsGroup = pod.spec?.securityContext?.fsGroup;
    if (volume.emptyDir) {
      await this.#emptyDir(path, volume.emptyDir, fsGroup);
      return path;
    }
    const payload = payloadOf(pod, volume, objects, around);
    if (!payload) throw new Error(`no volume plugin matched name: ${kindOf(volume)}`);
    await writePayload(path, payload, fsGroup);
    return path;
  }

  async #emptyDir(path: string, spec: NonNullable<Volume['emptyDir']>, fsGroup: number | undefined): Promise<void> {
    const made = await mkdir(path, { recursive: true });
    if (spec.medium === 'Memory' && made !== undefined) {
      const size = spec.sizeLimit ? [`size=${wholeValue(spec.sizeLimit)}`] : [];
      await this.runOnMachine('mount', ['-t', 'tmpfs', '-o', ['mode=0777', ...size].join(','), 'tmpfs', path]);
    }
    // Whoever the containers run as may write to it; the set-group-id bit hands the group on.
    await chmod(path, fsGroup === undefined ? 0o777 : 0o2777);
    if (fsGroup !== undefined) await chown(path, -1, fsGroup);
  }
}

/** The kind of a volume: the one field besides its name. */
function kindOf(volume: Volume): string {
  return Object.keys(volume).find((key) => key !== 'name') ?? 'none';
}

export interface MountInput {
  container: Container;
  volumePaths: ReadonlyMap<string, string>;
  /** The container's environment, for `subPathExpr`. */
  variables: ReadonlyMap<string, string>;
  hostsFile: string;
  /** Made empty for this run of the container. */
  terminationLog: string;
}

const PROPAGATION = { HostToContainer: 'rslave', Bidirectional: 'rshared' } as const;

/** What is bind-mounted into a container: its volumes, /etc/hosts and the termination log (kubelet_pods.go makeMounts). */
export async function containerMounts(input: MountInput): Promise<Mount[]> {
  const mounts: Mount[] = [];
  for (const mount of input.container.volumeMounts ?? []) {
    const volumePath = input.volumePaths.get(mount.name);
    if (volumePath === undefined)
      throw new ConfigError(`cannot find volume "${mount.name}" to mount into container "${input.container.name}"`);
    const subPath = mount.subPathExpr ? expand(mount.subPathExpr, input.variables) : mount.subPath;
    const propagation = PROPAGATION[mount.mountPropagation as keyof typeof PROPAGATION];
    mounts.push({
      hostPath: subPath ? await subPathOf(volumePath, subPath) : volumePath,
      containerPath: mount.mountPath.startsWith('/') ? mount.mountPath : `/${mount.mountPath}`,
      readOnly: mount.readOnly ?? false,
      ...(propagation ? { propagation } : {}),
    });
  }
  if (!mounts.some(({ containerPath }) => containerPath === '/etc/hosts')) {
    mounts.push({ hostPath: input.hostsFile, containerPath: '/etc/hosts', readOnly: false });
  }
  await mkdir(dirname(input.terminationLog), { recursive: true });
  await writeFile(input.terminationLog, '', { mode: 0o666 });
  // The process mask may have taken the write bits that any user of the container needs.
  await chmod(input.terminationLog, 0o666);
  const containerPath = input.container.terminationMessagePath ?? '/dev/termination-log';
  mounts.push({ hostPath: input.terminationLog, containerPath, readOnly: false });
  return mounts;
}

/** A folder or file within a volume, made when missing; a path that leads out of the volume is refused. */
async function subPathOf(volumePath: string, subPath: string): Promise<string> {
  const path = join(volumePath, subPath);
  if (path !== volumePath && !path.startsWith(volumePath + sep))
    throw new ConfigError(`subPath "${subPath}" not within volume path`);
  const real = await realpath(path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    await mkdir(path, { recursive: true, mode: 0o750 });
    return realpath(path);
  });
  const root = await realpath(volumePath);
  if (real !== root && !real.startsWith(root + sep))
    throw new ConfigError(`subPath "${subPath}" not within volume path`);
  return real;
}
