import { basename } from 'node:path/posix';
import { isAlreadyExists, isNotFound, messageOf } from '../../../shared/api/errors.ts';
import {
  NODES,
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  STORAGE_CLASSES,
  type Node,
  type PersistentVolume,
  type PersistentVolumeClaim,
} from '../../../shared/api/kinds.ts';
import { keyOf, nameOf } from '../../../shared/api/meta.ts';
import type { NodeVolumes } from '../../../shared/api/node-volumes.ts';
import { classNameOf, SELECTED_NODE } from '../../../shared/storage/binding.ts';
import { Controller } from '../runtime/controller.ts';
import type { ControllerDeps, RunningController } from '../runtime/dependencies.ts';
import { directoryFor, hostnameOf, isOurs, isToGo, localVolume, refusal, volumeNameFor } from './local-volume.ts';

const VOLUME = 'volume:';
const CLAIM = 'claim:';

/**
 * Makes directories on nodes for claims of classes with our provisioner, and removes them when their claims are gone
 * (k3s's local-path-provisioner, with the events of sig-storage-lib-external-provisioner).
 */
export function localProvisioner(deps: ControllerDeps, directories: NodeVolumes): RunningController {
  const { client, events, log } = deps;
  const claims = deps.informers.of(PERSISTENT_VOLUME_CLAIMS);
  const volumes = deps.informers.of(PERSISTENT_VOLUMES);
  const classes = deps.informers.of(STORAGE_CLASSES);
  const nodes = deps.informers.of(NODES);

  return new Controller(deps, { name: 'local-provisioner', concurrency: 4, reconcile })
    .watch(claims, ({ type, object }) => (type === 'deleted' ? [] : [CLAIM + keyOf(object)]))
    .watch(volumes, ({ type, object }) => (type === 'deleted' ? [] : [VOLUME + nameOf(object)]))
    .watch(nodes, () => []);

  async function reconcile(key: string): Promise<undefined> {
    if (key.startsWith(CLAIM)) {
      const claim = claims.get(key.slice(CLAIM.length));
      if (claim) await provision(claim);
    } else {
      const volume = volumes.get(key.slice(VOLUME.length));
      if (volume && isToGo(volume)) await remove(volume);
    }
  }

  async function provision(claim: PersistentVolumeClaim): Promise<void> {
    const storageClass = classes.get(classNameOf(claim));
    if (!storageClass || !isOurs(claim, storageClass) || volumes.get(volumeNameFor(claim))) return;
    const tell = (type: 'Normal' | 'Warning', reason: string, message: string): void =>
      events.event({ ...claim, apiVersion: 'v1', kind: 'PersistentVolumeClaim' }, type, reason, message);
    const failed = (why: string): void =>
      tell(
        'Warning',
        'ProvisioningFailed',
        `failed to provision volume with StorageClass "${nameOf(storageClass)}": ${why}`,
      );
    const why = refusal(claim);
    if (why) return failed(why);
    const node = nodes.get(claim.metadata?.annotations?.[SELECTED_NODE] ?? '');
    if (!node) return chooseAnotherNode(claim);
    tell('Normal', 'Provisioning', `External provisioner is provisioning volume for claim "${keyOf(claim)}"`);
    try {
      const path = await directories.make(nameOf(node), directoryFor(claim));
      await client.create(PERSISTENT_VOLUMES, localVolume(claim, storageClass, { hostname: hostLabel(node), path }));
    } catch (error) {
      // Made by an earlier try whose answer was lost.
      if (isAlreadyExists(error)) return;
      failed(messageOf(error));
      throw error;
    }
    tell('Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${volumeNameFor(claim)}`);
  }

  /** Its node is gone: the scheduler has to decide anew. */
  async function chooseAnotherNode({ metadata }: PersistentVolumeClaim): Promise<void> {
    const { name = '', namespace, resourceVersion } = metadata ?? {};
    const patch = { metadata: { resourceVersion, annotations: { [SELECTED_NODE]: null } } };
    await client.patch(PERSISTENT_VOLUME_CLAIMS, { name, namespace }, patch);
  }

  async function remove(volume: PersistentVolume): Promise<void> {
    const hostname = hostnameOf(volume);
    const node = nodes.list().find((each) => hostLabel(each) === hostname);
    try {
      // With its node gone from the cluster there is nobody left to ask; the directory went with the machine.
      if (node) await directories.remove(nameOf(node), basename(volume.spec?.local?.path ?? ''));
      else
        log.warn({ volume: nameOf(volume), hostname }, 'the node of a local volume is gone; its files are not removed');
      const { uid } = volume.metadata ?? {};
      await client.delete(PERSISTENT_VOLUMES, { name: nameOf(volume) }, uid === undefined ? {} : { uid });
    } catch (error) {
      if (isNotFound(error) && !volumes.get(nameOf(volume))) return;
      events.event(
        { ...volume, apiVersion: 'v1', kind: 'PersistentVolume' },
        'Warning',
        'VolumeFailedDelete',
        messageOf(error),
      );
      throw error;
    }
  }
}

const hostLabel = (node: Node): string => node.metadata?.labels?.['kubernetes.io/hostname'] ?? nameOf(node);
