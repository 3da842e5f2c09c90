import type { Storage } from '../store/storage.ts';

/** Told of every operation: its upstream name, the kind's group and plural, and how long it took. */
export type StoreObserver = (operation: string, group: string, resource: string, seconds: number) => void;

/** The same store, each operation measured; a failed one too. */
export function measuredStorage(storage: Storage, observe: StoreObserver): Storage {
  const measured = async <T>(operation: string, key: string, run: () => Promise<T>): Promise<T> => {
    const begun = performance.now();
    try {
      return await run();
    } finally {
      const [, group = '', resource = ''] = key.split('/', 3);
      observe(operation, group === 'core' ? '' : group, resource, (performance.now() - begun) / 1000);
    }
  };
  return {
    get revision() {
      return storage.revision;
    },
    get compactedRevision() {
      return storage.compactedRevision;
    },
    get: (key) => measured('get', key, () => storage.get(key)),
    list: (range) => measured('list', range.prefix, () => storage.list(range)),
    count: (prefix) => storage.count(prefix),
    create: (key, value, durability) => measured('create', key, () => storage.create(key, value, durability)),
    update: (key, value, expected, durability) =>
      measured('update', key, () => storage.update(key, value, expected, durability)),
    delete: (key, expected, durability) => measured('delete', key, () => storage.delete(key, expected, durability)),
    watch: (range) => storage.watch(range),
    flush: () => storage.flush(),
    close: () => storage.close(),
  };
}
