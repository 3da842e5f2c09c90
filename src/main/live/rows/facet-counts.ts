import type { Entry } from './entry.ts';

/** A filter bar shows no more values than this of one facet: the most frequent. */
const MAX_VALUES = 50;

/** How often each value of each facet occurs, kept up to date entry by entry. */
export class FacetCounts {
  readonly #counts = new Map<string, Map<string, number>>();

  /** Counts the entry's values in (1) or out (-1). */
  add(entry: Entry, by: 1 | -1): void {
    for (const facet in entry.facets) {
      let values = this.#counts.get(facet);
      if (!values) this.#counts.set(facet, (values = new Map()));
      for (const value of new Set(entry.facets[facet])) {
        if (value === '') continue;
        const count = (values.get(value) ?? 0) + by;
        if (count === 0) values.delete(value);
        else values.set(value, count);
      }
    }
  }

  top(): Record<string, { value: string; count: number }[]> {
    const facets: Record<string, { value: string; count: number }[]> = {};
    for (const [facet, values] of this.#counts) {
      const all = [...values].map(([value, count]) => ({ value, count }));
      all.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
      facets[facet] = all.slice(0, MAX_VALUES);
    }
    return facets;
  }
}
