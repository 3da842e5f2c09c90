import { BASELINE } from './baseline.ts';
import type { Check, CheckPod, PodMeta, PodSpec, Violation } from './check.ts';
import type { Level, PolicyVersion } from './policy.ts';
import { RESTRICTED } from './restricted.ts';

/** The newest version any check has; later ones mean the same. */
const NEWEST = Math.max(...[...BASELINE, ...RESTRICTED].flatMap(({ versions }) => versions.map(({ since }) => since)));

const chosen = new Map<string, readonly CheckPod[]>();

/**
 * What is wrong with a pod by the rules of a level as they were in a version of Kubernetes, in upstream's order
 * (policy.Evaluator). Nothing at level `privileged`.
 */
export function evaluate(level: Level, version: PolicyVersion, metadata: PodMeta, spec: PodSpec): Violation[] {
  if (level === 'privileged') return [];
  return checksOf(level, version === 'latest' ? NEWEST : Math.min(version, NEWEST)).flatMap(
    (check) => check(metadata, spec) ?? [],
  );
}

/** `host namespaces (hostPID=true), privileged (container "a" must not …)` */
export const detailsOf = (violations: readonly Violation[]): string =>
  violations.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ');

/** `host namespaces, privileged` */
export const reasonsOf = (violations: readonly Violation[]): string =>
  violations.map(({ reason }) => reason).join(', ');

function checksOf(level: Exclude<Level, 'privileged'>, minor: number): readonly CheckPod[] {
  const id = `${level}:${minor}`;
  const known = chosen.get(id);
  if (known) return known;
  const restricted = level === 'restricted' ? RESTRICTED.filter((check) => versionAt(check, minor)) : [];
  const overridden = new Set(restricted.flatMap(({ overrides = [] }) => overrides));
  const checks = [...BASELINE.filter(({ id: name }) => !overridden.has(name)), ...restricted].flatMap(
    (check) => versionAt(check, minor) ?? [],
  );
  chosen.set(id, checks);
  return checks;
}

const versionAt = ({ versions }: Check, minor: number): CheckPod | undefined =>
  versions.findLast(({ since }) => since <= minor)?.check;
