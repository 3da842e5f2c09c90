import { chmod, chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf } from '../../shared/api/errors.ts';
import type { Container, PersistentVolume, Pod } from '../../shared/api/kinds.ts';
import { nameOf } from '../../shared/api/meta.ts';
import { wholeValue } from '../../shared/api/quantity.ts';
import type { RunCommand } from '../network/run-command.ts';
import { ConfigError } from '../pods/config-error.ts';
import type { ReferencedObjects } from '../pods/environment.ts';
import { expand } from '../pods/expansion.ts';
import type { Surroundings } from '../pods/field-ref.ts';
import type { Mount } from '../runtime/container-spec.ts';
import { writePayload } from './atomic-writer.ts';
import { claimNameOf, volumeOfClaim, type ClaimSource } from './claimed-volume.ts';
import { lookOnMachine, MACHINE_ROOT, prepareHostPath } from './host-path.ts';
import { readMachineMounts, unmountBelow, type ReadMounts } from './machine-mounts.ts';
import { openOnMachine, placeOf } from './machine-path.ts';
import { mountNfs, mountTmpfs, type MountDeps } from './mounted-volume.ts';
import { giveToGroup } from './ownership.ts';
import { payloadOf } from './payload.ts';
import type { PodDirectory } from './pod-directory.ts';
import { bindSubPath, checkSubPath } from './sub-path.ts';

type Volume = NonNullable<NonNullable<Pod['spec']>['volumes']>[number];
type VolumeSpec = NonNullable<PersistentVolume['spec']>;

/** A volume could not be set up; the message is that of upstream's FailedMount event. */
export class MountError extends Error {
  override readonly name = 'MountError';
}

export interface VolumeSetupDeps {
  /** Runs the machine's own mount and umount: a mount must be seen by Docker. */
  runOnMachine: RunCommand;
  claims: ClaimSource;
  readMounts?: ReadMounts;
  /** Where this process sees the machine's files. */
  root?: string;
}

/** A volume of a pod that is there on the machine. */
export interface ReadyVolume {
  path: string;
  /** Whatever its mounts say. */
  readOnly: boolean;
  /** Mounts a part of it for a container's volume mount number `index`, and returns where. */
  subPath(container: string, index: number, subPath: string): Promise<string>;
}

/** Makes the volumes of pods on the machine, and takes them away. */
export class VolumeSetup {
  readonly #claims: ClaimSource;
  readonly #mounts: MountDeps;

  constructor({ runOnMachine, claims, readMounts = readMachineMounts, root = MACHINE_ROOT }: VolumeSetupDeps) {
    this.#claims = claims;
    this.#mounts = { runOnMachine, readMounts, root };
  }

  /** Sets up every volume (again: content from the API is brought up to date) and returns them by name. */
  async setUp(
    pod: Pod,
    directory: PodDirectory,
    objects: ReferencedObjects,
    around: Surroundings,
  ): Promise<Map<string, ReadyVolume>> {
    const ready = new Map<string, ReadyVolume>();
    for (const volume of pod.spec?.volumes ?? []) {
      const claimed = await this.#claimed(pod, volume);
      const path = await this.#one(pod, volume, claimed, directory, objects, around);
      ready.set(volume.name, {
        path,
        readOnly: volume.persistentVolumeClaim?.readOnly ?? false,
        subPath: (container, index, subPath) =>
          bindSubPath(path, subPath, directory.subPath(volume.name, container, index), this.#mounts),
      });
    }
    return ready;
  }

  /** Unmounts and deletes everything of a pod on disk; throws, deleting nothing, while something stays mounted. */
  async tearDown(_pod: Pod, directory: PodDirectory): Promise<void> {
    await unmountBelow(directory.root, this.#mounts.runOnMachine, this.#mounts.readMounts);
    // As the machine sees it: the agent may have mounts of its own there that were passed on to it.
    await rm(join(this.#mounts.root, directory.root), { recursive: true, force: true });
  }

  async #claimed(pod: Pod, volume: Volume): Promise<PersistentVolume | undefined> {
    const claim = claimNameOf(pod, volume);
    if (claim === undefined) return undefined;
    try {
      return await volumeOfClaim(pod, claim, this.#claims);
    } catch (error) {
      const { name } = volume;
      const key = `${pod.metadata?.namespace ?? 'default'}/${claim}`;
      throw new MountError(
        `Unable to attach or mount volumes: unmounted volumes=[${name}], unattached volumes=[], failed to process volumes=[${name}]: error processing PVC ${key}: ${messageOf(error)}`,
        { cause: error },
      );
    }
  }

  async #one(
    pod: Pod,
    volume: Volume,
    claimed: PersistentVolume | undefined,
    directory: PodDirectory,
    objects: ReferencedObjects,
    around: Surroundings,
  ): Promise<string> {
    const failed = (step: string, error: unknown): MountError =>
      new MountError(
        `MountVolume.${step} failed for volume "${claimed ? nameOf(claimed) : volume.name}" : ${messageOf(error)}`,
        { cause: error },
      );
    const local = claimed?.spec?.local?.path;
    if (local !== undefined && !(await lookOnMachine(local, this.#mounts.root)))
      throw failed('NewMounter initialization', new Error(`path "${local}" does not exist`));
    try {
      const path = directory.volume(volume.name);
      if (claimed) return await this.#persistent(pod, claimed.spec ?? {}, path);
      return await this.#inline(pod, volume, path, objects, around);
    } catch (error) {
      throw failed('SetUp', error);
    }
  }

  async #persistent(pod: Pod, spec: VolumeSpec, path: string): Promise<string> {
    if (spec.volumeMode === 'Block') throw new Error('volume mode "Block" is not supported by this node');
    if (spec.local) {
      await this.#giveToGroup(pod, spec.local.path);
      return spec.local.path;
    }
    return this.#shared(spec, spec.mountOptions ?? [], path);
  }

  /** What a volume of a pod and a PersistentVolume can both be. */
  async #shared(
    { hostPath, nfs, csi, ...other }: VolumeSpec | Volume,
    options: string[],
    path: string,
  ): Promise<string> {
    if (hostPath) {
      await prepareHostPath(hostPath.path, hostPath.type, this.#mounts.root);
      return hostPath.path;
    }
    if (nfs) {
      await mountNfs(nfs, [...options], path, this.#mounts);
      return path;
    }
    if (csi) {
      const missing = `driver name ${csi.driver} not found in the list of registered CSI drivers`;
      throw new Error(`kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: ${missing}`);
    }
    throw new Error(`no volume plugin matched name: ${kindOf(other)}`);
  }

  async #inline(
    pod: Pod,
    volume: Volume,
    path: string,
    objects: ReferencedObjects,
    around: Surroundings,
  ): Promise<string> {
    const fsGroup = pod.spec?.securityContext?.fsGroup;
    if (volume.emptyDir) {
      await this.#emptyDir(path, volume.emptyDir, fsGroup);
      return path;
    }
    const payload = payloadOf(pod, volume, objects, around);
    if (!payload) return this.#shared(volume, [], path);
    await writePayload(path, payload, fsGroup);
    return path;
  }

  async #giveToGroup(pod: Pod, path: string): Promise<void> {
    const { fsGroup, fsGroupChangePolicy } = pod.spec?.securityContext ?? {};
    if (fsGroup === undefined) return;
    const handle = await openOnMachine(path, this.#mounts.root);
    try {
      await giveToGroup(`${placeOf(handle)}/.`, fsGroup, fsGroupChangePolicy);
    } finally {
      await handle.close();
    }
  }

  async #emptyDir(path: string, spec: NonNullable<Volume['emptyDir']>, fsGroup: number | undefined): Promise<void> {
    const seen = join(this.#mounts.root, path);
    if (spec.medium === 'Memory') {
      await mountTmpfs(path, spec.sizeLimit ? wholeValue(spec.sizeLimit) : undefined, this.#mounts);
    } else await mkdir(seen, { recursive: true });
    // Whoever the containers run as may write to it; the set-group-id bit hands the group on.
    await chmod(seen, fsGroup === undefined ? 0o777 : 0o2777);
    if (fsGroup !== undefined) await chown(seen, -1, fsGroup);
  }
}

/** The kind of a volume: the one field besides its name. */
function kindOf(volume: object): string {
  return Object.keys(volume).find((key) => key !== 'name') ?? 'none';
}

export interface MountInput {
  container: Container;
  volumePaths: ReadonlyMap<string, ReadyVolume>;
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
  for (const [index, mount] of (input.container.volumeMounts ?? []).entries()) {
    const volume = input.volumePaths.get(mount.name);
    if (volume === undefined)
      throw new ConfigError(`cannot find volume "${mount.name}" to mount into container "${input.container.name}"`);
    const subPath = mount.subPathExpr ? expand(mount.subPathExpr, input.variables) : mount.subPath;
    const propagation = PROPAGATION[mount.mountPropagation as keyof typeof PROPAGATION];
    mounts.push({
      hostPath: subPath ? await subPathOf(volume, input.container, index, subPath) : volume.path,
      containerPath: mount.mountPath.startsWith('/') ? mount.mountPath : `/${mount.mountPath}`,
      readOnly: volume.readOnly || (mount.readOnly ?? false),
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

/** A part of a volume, as mounted for a container; in upstream's words when that cannot be (makeMounts). */
async function subPathOf(volume: ReadyVolume, container: Container, index: number, subPath: string): Promise<string> {
  checkSubPath(subPath);
  try {
    return await volume.subPath(container.name, index, subPath);
  } catch (error) {
    const { name = '' } = container.volumeMounts?.[index] ?? {};
    throw new ConfigError(`failed to prepare subPath for volumeMount "${name}" of container "${container.name}"`, {
      cause: error,
    });
  }
}
