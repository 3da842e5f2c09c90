import type { KindCatalog } from '../../resources/catalog.ts';
import type { KindDefinition } from '../../resources/definition.ts';

/**
 * Lets a watch end when its kind is no longer what it was: the definition of a custom resource was changed or deleted.
 * Clients then watch again, in the words of the new one. `open` gets the signal that ends the watch.
 */
export function watchUntilRedefined<T>(
  catalog: KindCatalog,
  kind: KindDefinition,
  signal: AbortSignal,
  open: (signal: AbortSignal) => AsyncIterable<T>,
): AsyncIterable<T> {
  const redefined = new AbortController();
  const events = open(AbortSignal.any([signal, redefined.signal]));
  const { group, version, plural } = kind.type;
  return (async function* () {
    const unsubscribe = catalog.onChange(() => {
      if (catalog.find(group, version, plural) !== kind) redefined.abort();
    });
    try {
      yield* events;
    } finally {
      unsubscribe();
    }
  })();
}
