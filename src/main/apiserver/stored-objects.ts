import type { KindCatalog } from '../resources/catalog.ts';
import type { Storage } from '../store/storage.ts';
import { prefixOf } from './registry/keys.ts';

/** How many objects of each stored kind there are, by upstream's name of the resource: `pods`, `deployments.apps`. */
export async function storedObjects(
  storage: Pick<Storage, 'count'>,
  catalog: KindCatalog,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const kind of catalog.kinds()) {
    const { group, plural } = kind.type;
    const resource = group === '' ? plural : `${plural}.${group}`;
    if (kind.virtual || kind.storedAs || counts.has(resource)) continue;
    counts.set(resource, await storage.count(prefixOf(kind, '')));
  }
  return counts;
}
