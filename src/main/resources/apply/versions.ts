import type { Comparison } from './compare.ts';
import { compareFields } from './compare.ts';
import type { FieldType } from './field-type.ts';
import type { CompareAt } from './owner-updates.ts';

/** One version of a kind: how its objects are taken apart, and how they are had from those of the version at hand. */
export interface KindVersion {
  type: FieldType;
  /** From the version at hand to this one. Never changes its argument. */
  to(object: unknown): unknown;
  /** And back. */
  from(object: unknown): unknown;
}

/** The versions of a kind by apiVersion; undefined for one that is not served. */
export type Versions = (apiVersion: string) => KindVersion | undefined;

/** Compares two objects of the version at hand in the words of any, each worked out once. */
export function comparing(versions: Versions, before: unknown, after: unknown): CompareAt {
  const done = new Map<string, Comparison | undefined>();
  return (apiVersion) => {
    if (!done.has(apiVersion)) {
      const version = versions(apiVersion);
      done.set(apiVersion, version && compareFields(version.type, version.to(before), version.to(after)));
    }
    return done.get(apiVersion);
  };
}
