/** One step: a field or map key, or an index into a list. */
export type PathStep = string | number;

/**
 * Splits a field path as the API's errors write it: `spec.containers[0].image`, `metadata.labels[app.kubernetes.io/name]`.
 * What stands in brackets is an index or a key, in which dots do not separate.
 */
export function parseFieldPath(path: string): PathStep[] {
  const steps: PathStep[] = [];
  for (const [, name, bracketed] of path.matchAll(/([^.[\]]+)|\[([^\]]*)\]/g)) {
    if (name !== undefined) steps.push(name);
    else if (bracketed !== undefined)
      steps.push(/^\d+$/.test(bracketed) ? Number(bracketed) : bracketed.replaceAll('"', ''));
  }
  return steps;
}
