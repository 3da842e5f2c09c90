import type { KubeObject } from '../../../shared/api/meta.ts';

/**
 * Of the classes that are marked as default by one of these annotations the newest, so that a new default takes over
 * from the old one; of those made in the same second the first by name.
 */
export function newestDefault<T extends KubeObject>(
  classes: readonly T[],
  annotations: readonly string[],
): T | undefined {
  const made = ({ metadata }: T): number => Date.parse(metadata?.creationTimestamp ?? '') || 0;
  return classes
    .filter(({ metadata }) => annotations.some((name) => metadata?.annotations?.[name] === 'true'))
    .sort((a, b) => made(b) - made(a) || ((a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1))[0];
}
