import type { Slot } from './slot.ts';

/** Small enough that inserting moves little, large enough that there are few chunks. */
const CHUNK = 512;

/**
 * The slots of one kind in key order, in chunks: an insert moves one chunk's tail, never the whole kind; a range is
 * found by bisection; counting skips over whole chunks.
 */
export class SortedSlots {
  readonly #chunks: Slot[][] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds the slot, or puts it in the place of the one with its key. */
  put(slot: Slot): void {
    const at = this.#chunkOf(slot.key);
    const chunk = this.#chunks[at];
    if (!chunk) {
      this.#chunks.push([slot]);
      this.#size++;
      return;
    }
    const index = lowerBound(chunk, slot.key);
    if (chunk[index]?.key === slot.key) {
      chunk[index] = slot;
      return;
    }
    chunk.splice(index, 0, slot);
    this.#size++;
    // A chunk that overflows at its end is split there, so that ascending inserts leave full chunks behind.
    if (chunk.length > CHUNK) {
      const cut = index === chunk.length - 1 ? chunk.length - 1 : chunk.length >> 1;
      this.#chunks.splice(at + 1, 0, chunk.splice(cut));
    }
  }

  delete(key: string): void {
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at];
    if (!chunk) return;
    const index = lowerBound(chunk, key);
    if (chunk[index]?.key !== key) return;
    chunk.splice(index, 1);
    if (chunk.length === 0) this.#chunks.splice(at, 1);
    this.#size--;
  }

  /** Slots with `from` <= key < `to` in order; `to` undefined: to the end. */
  *range(from: string, to?: string): Generator<Slot> {
    for (let at = this.#chunkOf(from); at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at] ?? [];
      for (let index = lowerBound(chunk, from); index < chunk.length; index++) {
        const slot = chunk[index];
        if (!slot || (to !== undefined && slot.key >= to)) return;
        yield slot;
      }
    }
  }

  /** How many keys are before `key`. */
  rank(key: string): number {
    const at = this.#chunkOf(key);
    let rank = 0;
    for (let index = 0; index < at; index++) rank += this.#chunks[index]?.length ?? 0;
    return rank + lowerBound(this.#chunks[at] ?? [], key);
  }

  /** The first chunk whose last key is not before `key`; the last chunk when all are. */
  #chunkOf(key: string): number {
    let low = 0;
    let high = Math.max(0, this.#chunks.length - 1);
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#chunks[middle]?.at(-1)?.key ?? '') < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function lowerBound(slots: readonly Slot[], key: string): number {
  let low = 0;
  let high = slots.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((slots[middle]?.key ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
