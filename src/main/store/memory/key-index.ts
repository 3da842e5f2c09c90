import type { Slot } from './slot.ts';
import { SortedSlots } from './sorted-slots.ts';

/** `/GROUP/PLURAL/` of a key or prefix; undefined when it is shorter than that. */
export function kindOf(key: string): string | undefined {
  const group = key.indexOf('/', 1);
  const plural = group < 0 ? -1 : key.indexOf('/', group + 1);
  return plural < 0 ? undefined : key.slice(0, plural + 1);
}

/** The first string after all that begin with `prefix`; undefined when there is no end. */
export function endOf(prefix: string): string | undefined {
  return prefix === ''
    ? undefined
    : prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}

/** All current objects: by key, and in order by kind, so that reading one kind or namespace never meets another. */
export class KeyIndex {
  readonly #byKey = new Map<string, Slot>();
  readonly #kinds = new Map<string, SortedSlots>();

  get size(): number {
    return this.#byKey.size;
  }

  get(key: string): Slot | undefined {
    return this.#byKey.get(key);
  }

  put(slot: Slot): void {
    this.#byKey.set(slot.key, slot);
    const kind = kindOf(slot.key) ?? '';
    let slots = this.#kinds.get(kind);
    if (!slots) this.#kinds.set(kind, (slots = new SortedSlots()));
    slots.put(slot);
  }

  delete(key: string): void {
    if (!this.#byKey.delete(key)) return;
    const kind = kindOf(key) ?? '';
    const slots = this.#kinds.get(kind);
    slots?.delete(key);
    if (slots?.size === 0) this.#kinds.delete(kind);
  }

  count(prefix: string): number {
    const end = endOf(prefix);
    return this.#kindsOf(prefix).reduce(
      (sum, slots) => sum + (end === undefined ? slots.size : slots.rank(end)) - slots.rank(prefix),
      0,
    );
  }

  /** How many keys with the prefix come after `after`. */
  countAfter(prefix: string, after: string): number {
    const end = endOf(prefix);
    const from = after < prefix ? prefix : `${after}\0`;
    return this.#kindsOf(prefix).reduce(
      (sum, slots) => sum + Math.max(0, (end === undefined ? slots.size : slots.rank(end)) - slots.rank(from)),
      0,
    );
  }

  /** Slots with the prefix, in key order, from `from` on. */
  *range(prefix: string, from = prefix): Generator<Slot> {
    const start = from > prefix ? from : prefix;
    for (const slots of this.#kindsOf(prefix)) yield* slots.range(start, endOf(prefix));
  }

  /** One kind for a prefix that names it, else all it may cover, in key order. */
  #kindsOf(prefix: string): SortedSlots[] {
    const kind = kindOf(prefix);
    if (kind !== undefined) return [this.#kinds.get(kind) ?? []].flat();
    const names = [...this.#kinds.keys()].filter((name) => name.startsWith(prefix));
    return names.sort().flatMap((name) => this.#kinds.get(name) ?? []);
  }
}
