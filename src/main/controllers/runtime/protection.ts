import type { KubeObject } from '../../../shared/api/meta.ts';

/** What a finalizer that protects an object in use needs: it is there from the start, and goes when the object may. */
export function protection({ metadata }: KubeObject, finalizer: string): 'add' | 'remove' | undefined {
  const has = (metadata?.finalizers ?? []).includes(finalizer);
  if (metadata?.deletionTimestamp !== undefined) return has ? 'remove' : undefined;
  return has ? undefined : 'add';
}

/** A copy of the object with the finalizer added or taken away. */
export function withProtection<T extends KubeObject>(object: T, finalizer: string, action: 'add' | 'remove'): T {
  const copy = structuredClone(object);
  const others = (copy.metadata?.finalizers ?? []).filter((name) => name !== finalizer);
  copy.metadata = { ...copy.metadata, finalizers: action === 'add' ? [...others, finalizer] : others };
  return copy;
}
