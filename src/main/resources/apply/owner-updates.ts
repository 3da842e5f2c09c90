import type { FieldSet } from '../../../shared/api/field-set.ts';
import type { Comparison } from './compare.ts';
import { ownerId, withFields, type Owner } from './managed-entries.ts';
import { difference, intersection, setOfPath, union } from './set-algebra.ts';

/** Fields nobody owns: identity, and what only the server writes (stripMetaManager). */
const STRIPPED = [
  ['f:apiVersion'],
  ['f:kind'],
  ['f:metadata'],
  ...['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName', 'generation', 'managedFields'].map(
    (name) => ['f:metadata', `f:${name}`],
  ),
  ['f:metadata', 'f:resourceVersion'],
].reduce<FieldSet | undefined>((set, path) => union(set, setOfPath(path)), undefined);

export const withoutSystemFields = (set: FieldSet | undefined): FieldSet | undefined => difference(set, STRIPPED);

/** What differs, in the words of a version; undefined when the version is served no more, and with it its entries. */
export type CompareAt = (apiVersion: string) => Comparison | undefined;

/** Fields of others that a write changes, by owner. */
export function takenFromOthers(
  owners: ReadonlyMap<string, Owner>,
  self: string,
  compareAt: CompareAt,
): Map<string, FieldSet> {
  const taken = new Map<string, FieldSet>();
  for (const owner of owners.values()) {
    if (owner.id === self) continue;
    const set = intersection(owner.fields, compareAt(owner.apiVersion)?.changed);
    if (set) taken.set(owner.id, set);
  }
  return taken;
}

/** Takes from others what a write changed, and what it removed (merge.Updater's update). Changes `owners`. */
export function takeFields(owners: Map<string, Owner>, self: string, compareAt: CompareAt): void {
  for (const owner of [...owners.values()]) {
    if (owner.id === self) continue;
    const compared = compareAt(owner.apiVersion);
    const rest =
      compared && difference(difference(owner.fields, intersection(owner.fields, compared.changed)), compared.removed);
    if (!rest) owners.delete(owner.id);
    else if (rest !== owner.fields) owners.set(owner.id, withFields(owner, rest));
  }
}

/** DefaultMaxUpdateManagers: entries of updates beyond these are merged, the oldest first. */
const MOST_UPDATERS = 10;
const OLD_UPDATES = 'ancient-changes';

/** Merges the oldest updaters of one version into one entry until there are few enough (capManagersManager). */
export function capUpdaters(owners: Map<string, Owner>): void {
  const updaters = [...owners.values()]
    .filter(({ operation }) => operation === 'Update')
    .sort((a, b) => (a.time ?? '').localeCompare(b.time ?? '') || (a.id < b.id ? -1 : 1));
  let count = updaters.length;
  const firsts = new Map<string, Owner>();
  for (const updater of updaters) {
    if (count <= MOST_UPDATERS) return;
    const { apiVersion } = updater;
    const first = firsts.get(apiVersion);
    if (!first) {
      firsts.set(apiVersion, updater);
      continue;
    }
    const bucket = { manager: OLD_UPDATES, operation: 'Update', apiVersion, subresource: '' } as const;
    const id = ownerId(bucket);
    const before = owners.get(id) ?? first;
    if (!owners.has(id)) owners.delete(first.id);
    owners.delete(updater.id);
    owners.set(id, {
      ...bucket,
      id,
      time: updater.time,
      fields: union(before.fields, updater.fields) ?? before.fields,
    });
    count -= 1;
  }
}
