import type { FieldSet } from '../../../shared/api/field-set.ts';
import type { Owner } from './managed-entries.ts';
import { removeFields } from './remove.ts';
import { difference, intersection, union } from './set-algebra.ts';
import { setOfValue, withNamedFields } from './set-of.ts';
import type { Versions } from './versions.ts';

/**
 * Takes out of a merged object what a manager applied last time (`last`) and now no longer does, unless somebody else
 * owns it (merge.Updater's prune). `owners` holds the manager with its new fields. Returns an object of the version at
 * hand; the argument is not changed.
 */
export function pruned(
  merged: unknown,
  last: Owner | undefined,
  owners: ReadonlyMap<string, Owner>,
  versions: Versions,
): unknown {
  const version = last && versions(last.apiVersion);
  if (!version) return merged;
  const { type } = version;
  const whole = version.to(merged);
  const lastFields = withNamedFields(last.fields, type);
  let rest: unknown = removeFields(type, whole, lastFields) ?? {};
  for (const [apiVersion, owned] of ownedByVersion(owners, last.apiVersion))
    rest = withOwnedFields(version.from(whole), version.from(rest), apiVersion, owned, versions, version.to);
  // What was never applied by this manager stays, whoever it belongs to.
  const left = withNamedFields(setOfValue(type, rest), type);
  const gone = difference(withNamedFields(setOfValue(type, whole), type), left);
  return version.from(removeFields(type, whole, intersection(gone, lastFields)) ?? {});
}

/** Everything that is owned, by version, beginning with the given one. */
function ownedByVersion(owners: ReadonlyMap<string, Owner>, first: string): Map<string, FieldSet | undefined> {
  const owned = new Map<string, FieldSet | undefined>([[first, undefined]]);
  for (const { apiVersion, fields } of owners.values()) owned.set(apiVersion, union(owned.get(apiVersion), fields));
  return owned;
}

/** Adds back what was removed though somebody owns it. */
function withOwnedFields(
  merged: unknown,
  rest: unknown,
  apiVersion: string,
  owned: FieldSet | undefined,
  versions: Versions,
  back: (object: unknown) => unknown,
): unknown {
  const version = versions(apiVersion);
  if (!version || owned === undefined) return back(rest);
  const { type, to, from } = version;
  const whole = to(merged);
  const named = (set: FieldSet | undefined): FieldSet | undefined => withNamedFields(set, type);
  const kept = union(named(setOfValue(type, to(rest))), named(owned));
  return back(from(removeFields(type, whole, difference(named(setOfValue(type, whole)), kept)) ?? {}));
}
