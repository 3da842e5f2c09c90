/** A binary heap: the least item, by `before`, comes out first. */
export class Heap<T> {
  readonly #items: T[] = [];

  constructor(private readonly before: (a: T, b: T) => boolean) {}

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    const items = this.#items;
    let index = items.push(item) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = items[parent];
      if (above === undefined || !this.before(item, above)) break;
      items[index] = above;
      index = parent;
    }
    items[index] = item;
  }

  pop(): T | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return top;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      const left = items[child];
      if (left === undefined) break;
      const right = items[child + 1];
      let least = left;
      if (right !== undefined && this.before(right, left)) {
        child += 1;
        least = right;
      }
      if (!this.before(least, last)) break;
      items[index] = least;
      index = child;
    }
    items[index] = last;
    return top;
  }
}
