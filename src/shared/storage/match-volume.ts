import type { PersistentVolume, PersistentVolumeClaim } from '../api/kinds.ts';
import { nameOf } from '../api/meta.ts';
import { matchesTerm } from '../api/node-selector.ts';
import { wholeValue } from '../api/quantity.ts';
import { matchesLabelSelector } from '../api/selector.ts';
import { classNameOf, isBoundTo } from './binding.ts';

/** A node as far as volumes care. */
export interface NodePlace {
  name: string;
  labels: Readonly<Record<string, string>>;
}

export interface MatchOptions {
  /** The scheduler's question: only volumes that this node can reach. */
  node?: NodePlace;
  /** Volumes that are spoken for though the API does not show it yet. */
  taken?: ReadonlySet<string>;
  /** Only what is reserved for the claim: the scheduler chooses among the rest. */
  reservedOnly?: boolean;
}

/**
 * The volume for a claim (FindMatchingVolume, pv_index.go): one reserved for it, or else, of those that are free and
 * satisfy it, the one with the fewest access modes and of these the smallest; ties by name.
 */
export function matchVolume(
  claim: PersistentVolumeClaim,
  volumes: Iterable<PersistentVolume>,
  { node, taken, reservedOnly }: MatchOptions = {},
): PersistentVolume | undefined {
  let best: PersistentVolume | undefined;
  for (const volume of volumes) {
    if (taken?.has(nameOf(volume)) || volume.metadata?.deletionTimestamp) continue;
    if (unfitness(claim, volume) === 'requested PV is too small' || modesDiffer(claim, volume)) continue;
    if (isBoundTo(volume, claim)) return !node || isReachable(volume, node) ? volume : undefined;
    if (reservedOnly || volume.spec?.claimRef || volume.status?.phase !== 'Available') continue;
    if (unfitness(claim, volume) !== undefined) continue;
    const { selector } = claim.spec ?? {};
    if (selector && !matchesLabelSelector(selector, volume.metadata?.labels)) continue;
    if (node && !isReachable(volume, node)) continue;
    if (!best || isBetter(volume, best)) best = volume;
  }
  return best;
}

/** Why a volume does not satisfy a claim, in upstream's words (checkVolumeSatisfyClaim); undefined when it does. */
export function unfitness(claim: PersistentVolumeClaim, volume: PersistentVolume): string | undefined {
  if (sizeOf(volume) < requestOf(claim)) return 'requested PV is too small';
  if (classNameOf(volume) !== classNameOf(claim)) return 'storageClassName does not match';
  if (modesDiffer(claim, volume)) return 'incompatible volumeMode';
  const offered = new Set(volume.spec?.accessModes);
  if (!(claim.spec?.accessModes ?? []).every((mode) => offered.has(mode))) return 'incompatible accessMode';
  return undefined;
}

/** Whether a node can reach a volume (CheckNodeAffinity); a volume that says nothing can be reached from everywhere. */
export function isReachable(volume: PersistentVolume, node: NodePlace): boolean {
  const terms = volume.spec?.nodeAffinity?.required?.nodeSelectorTerms;
  return terms === undefined || terms.some((term) => matchesTerm(term, node));
}

/** Bytes that a claim asks for. */
export const requestOf = (claim: PersistentVolumeClaim): number =>
  wholeValue(claim.spec?.resources?.requests?.['storage'] ?? '0');

const sizeOf = (volume: PersistentVolume): number => wholeValue(volume.spec?.capacity?.['storage'] ?? '0');

const modesDiffer = (claim: PersistentVolumeClaim, volume: PersistentVolume): boolean =>
  (claim.spec?.volumeMode ?? 'Filesystem') !== (volume.spec?.volumeMode ?? 'Filesystem');

function isBetter(volume: PersistentVolume, best: PersistentVolume): boolean {
  const modes = (each: PersistentVolume): number => each.spec?.accessModes?.length ?? 0;
  const difference = modes(volume) - modes(best) || sizeOf(volume) - sizeOf(best);
  return difference === 0 ? nameOf(volume) < nameOf(best) : difference < 0;
}
