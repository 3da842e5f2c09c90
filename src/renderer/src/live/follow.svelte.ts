import { untrack } from 'svelte';
import type { RowsParams } from '../../../shared/live/contract.ts';
import type { RowResource } from '../../../shared/view/rows.ts';
import type { Link } from './link.svelte.ts';
import { RowsSubscription } from './subscriptions.svelte.ts';

/**
 * A subscription for as long as a component shows it, made anew whenever what `make` reads changes; null until the
 * component is mounted and while `make` returns null. Call at component start, as with any rune.
 *
 * @example const pod = follow(() => new ObjectSubscription<Pod, 'pods'>(link, { resource: 'pods', namespace, name }));
 *          … pod.current?.object
 */
export function follow<S extends { close(): void }>(make: () => S | null): { readonly current: S | null } {
  let current = $state.raw<S | null>(null);
  $effect(() => {
    const made = make();
    current = made;
    return () => made?.close();
  });
  return {
    get current() {
      return current;
    },
  };
}

/** A rows subscription whose window, search and sort follow `params` over one channel; a new one only for another kind. */
export function followRows<R extends RowResource>(
  link: Link,
  params: () => RowsParams & { resource: R },
): { readonly current: RowsSubscription<R> | null } {
  const resource = $derived(params().resource);
  const subscription = follow(() => {
    const wanted = resource;
    return untrack(() => new RowsSubscription<R>(link, { ...params(), resource: wanted }));
  });
  $effect(() => subscription.current?.update(params()));
  return subscription;
}
