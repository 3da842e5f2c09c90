import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../../../shared/api/kinds.ts';
import { nameOf } from '../../../shared/api/meta.ts';
import { classNameOf, NO_PROVISIONER, SELECTED_NODE } from '../../../shared/storage/binding.ts';
import { isReachable, matchVolume, requestOf, type NodePlace } from '../../../shared/storage/match-volume.ts';
import type { FilterPlugin, Rejection } from '../framework/plugin.ts';
import { claimsOf, type VolumeView } from './volume-view.ts';

const rejection = (...reasons: string[]): Rejection => ({ reasons, unresolvable: true });
const NODE_CONFLICT = rejection("node(s) didn't match PersistentVolume's node affinity");
const BIND_CONFLICT = rejection("node(s) didn't find available persistent volumes to bind");
const NO_VOLUME = rejection('node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)');

export const VOLUME_BINDING = 'VolumeBinding';

/**
 * A pod goes where its volumes are, and where those that are still to be bound can be found or made
 * (framework/plugins/volumebinding).
 */
export function volumeBinding(view: VolumeView): FilterPlugin {
  return {
    name: VOLUME_BINDING,
    retryOn: ['NodeAdded', 'NodeChanged'],
    prepare: ({ pod }) => {
      const claims = claimsOf(pod, view);
      if (!claims) return undefined;
      const { refusal, delayed } = claims;
      if (refusal !== undefined) {
        const refused = rejection(refusal);
        return { filter: () => refused, refusal };
      }
      const volumes = claims.bound.map(({ spec }) => view.volume(spec?.volumeName ?? ''));
      return {
        filter: (node) => {
          if (volumes.includes(undefined)) return NO_VOLUME;
          if (volumes.some((volume) => volume && !isReachable(volume, node))) return NODE_CONFLICT;
          return delayed.length > 0 && !placeClaims(delayed, node, view) ? BIND_CONFLICT : undefined;
        },
      };
    },
  };
}

/** What has to be done before a pod can be bound to a node. */
export interface VolumePlacement {
  /** Volumes there are, to be reserved for their claims. */
  reserve: { claim: PersistentVolumeClaim; volume: PersistentVolume }[];
  /** Claims that their provisioner is to make a volume for, reachable from the node. */
  provision: PersistentVolumeClaim[];
}

/** Finds a volume for each of a pod's claims on a node, small claims first; undefined when one can have none there. */
export function placeClaims(
  claims: readonly PersistentVolumeClaim[],
  node: NodePlace,
  view: VolumeView,
): VolumePlacement | undefined {
  const placement: VolumePlacement = { reserve: [], provision: [] };
  const taken = new Set(view.taken);
  for (const claim of [...claims].sort((a, b) => requestOf(a) - requestOf(b))) {
    const selected = claim.metadata?.annotations?.[SELECTED_NODE];
    if (selected !== undefined && selected !== node.name) return undefined;
    const className = classNameOf(claim);
    // What was handed to the provisioner is its to make, whatever has become free meanwhile.
    const volume =
      selected === undefined ? matchVolume(claim, view.volumesOfClass(className), { node, taken }) : undefined;
    if (volume) {
      taken.add(nameOf(volume));
      placement.reserve.push({ claim, volume });
    } else if (canProvision(view.storageClass(className), node)) placement.provision.push(claim);
    else return undefined;
  }
  return placement;
}

function canProvision(storageClass: StorageClass | undefined, { labels }: NodePlace): boolean {
  if (!storageClass || storageClass.provisioner === NO_PROVISIONER) return false;
  const { allowedTopologies } = storageClass;
  if (!allowedTopologies?.length) return true;
  return allowedTopologies.some(({ matchLabelExpressions }) =>
    (matchLabelExpressions ?? []).every(({ key, values }) => values.includes(labels[key] ?? '')),
  );
}
