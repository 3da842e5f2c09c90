import type { StorageEvent } from '../storage.ts';
import type { Watcher } from './watcher.ts';

/** Hands events to watchers by prefix: an event costs the depth of its key and its own watchers, not all watchers. */
export class WatchHub {
  /** By the longest part of the watched prefix that ends in a slash. */
  readonly #watchers = new Map<string, Set<Watcher>>();

  add(watcher: Watcher): void {
    const place = placeOf(watcher.prefix);
    const watchers = this.#watchers.get(place);
    if (watchers) watchers.add(watcher);
    else this.#watchers.set(place, new Set([watcher]));
  }

  remove(watcher: Watcher): void {
    const place = placeOf(watcher.prefix);
    const watchers = this.#watchers.get(place);
    watchers?.delete(watcher);
    if (watchers?.size === 0) this.#watchers.delete(place);
  }

  dispatch(event: StorageEvent, compacted: number): void {
    const { key } = event;
    for (let slash = 0; slash >= 0; slash = key.indexOf('/', slash + 1)) {
      for (const watcher of this.#watchers.get(key.slice(0, slash + 1)) ?? []) {
        if (key.startsWith(watcher.prefix)) watcher.push(event, compacted);
      }
    }
    for (const watcher of this.#watchers.get('') ?? []) watcher.push(event, compacted);
  }

  closeAll(): void {
    for (const watcher of this.#all()) watcher.close();
  }

  /** Ends every watch with this error. */
  failAll(error: Error): void {
    for (const watcher of this.#all()) watcher.fail(error);
  }

  #all(): Watcher[] {
    return [...this.#watchers.values()].flatMap((watchers) => [...watchers]);
  }
}

function placeOf(prefix: string): string {
  return prefix.slice(0, prefix.lastIndexOf('/') + 1);
}
