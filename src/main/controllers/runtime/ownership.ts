import { apiVersionOf, type ResourceType } from '../../../shared/api/kinds.ts';
import { controllerOf, nameOf, type KubeObject, type OwnerReference } from '../../../shared/api/meta.ts';
import { matchesAll, requirementsOf, type LabelSelector } from '../../../shared/api/selector.ts';

/** The reference a controller puts on what it makes (metav1.NewControllerRef). */
export function controllerReference(owner: KubeObject, type: ResourceType): OwnerReference {
  return {
    apiVersion: apiVersionOf(type),
    kind: type.kind,
    name: nameOf(owner),
    uid: owner.metadata?.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** Index keys for "what does this owner control" and "what in this namespace has no controller". */
export const controlledBy = (uid: string): string => `uid/${uid}`;
export const orphansOf = (namespace: string): string => `orphan/${namespace}`;

/** The indexer behind those keys; register it under `CONTROLLER_INDEX`. */
export const CONTROLLER_INDEX = 'controller';
export function controllerIndexer(object: KubeObject): string[] {
  const controller = controllerOf(object);
  return [controller ? controlledBy(controller.uid) : orphansOf(object.metadata?.namespace ?? '')];
}

export interface Claims<T> {
  /** Already controlled and still selected. */
  owned: T[];
  /** Selected and without a controller: to be adopted. */
  adopt: T[];
  /** Controlled but no longer selected: to be released. */
  release: T[];
}

/** Sorts candidates as upstream's ControllerRefManager: an owner or child being deleted adopts and is adopted no more. */
export function planClaims<T extends KubeObject>(
  owner: KubeObject,
  selector: LabelSelector | undefined,
  candidates: Iterable<T>,
): Claims<T> {
  const claims: Claims<T> = { owned: [], adopt: [], release: [] };
  const ownerIsGoing = owner.metadata?.deletionTimestamp !== undefined;
  const requirements = selector && requirementsOf(selector);
  for (const candidate of candidates) {
    // An absent selector selects nothing.
    const matches = requirements !== undefined && matchesAll(requirements, candidate.metadata?.labels);
    const controller = controllerOf(candidate);
    if (controller) {
      if (controller.uid !== owner.metadata?.uid) continue;
      if (matches) claims.owned.push(candidate);
      else if (!ownerIsGoing) claims.release.push(candidate);
    } else if (matches && !ownerIsGoing && candidate.metadata?.deletionTimestamp === undefined) {
      claims.adopt.push(candidate);
    }
  }
  return claims;
}
