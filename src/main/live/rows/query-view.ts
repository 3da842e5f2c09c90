import type { RowsParams } from '../../../shared/live/contract.ts';
import type { Row } from '../../../shared/view/rows.ts';
import type { Entry, EntryChange } from './entry.ts';
import { FacetCounts } from './facet-counts.ts';
import { compareKeys, sortKeyOf, type SortKey } from './sort-key.ts';

export type Query = Omit<RowsParams, 'resource' | 'offset' | 'limit'>;

interface Place {
  entry: Entry;
  sortKey: SortKey;
}

/**
 * The entries of a kind that match a query, in its order. Changes are merged in: a batch costs one pass over what
 * matches and the sorting of what changed, never a new sort of everything.
 */
export class QueryView {
  #places: Place[] = [];
  #facets = new FacetCounts();
  #unfiltered = 0;
  readonly #words: readonly string[];
  readonly #chosen: readonly (readonly [string, ReadonlySet<string>])[];

  constructor(
    private readonly query: Query,
    entries: Iterable<Entry>,
    /** The row with what other kinds and metrics add to it: what volatile fields are sorted by. */
    private readonly decorate: (row: Row) => Row,
    private readonly sortsByVolatile: boolean,
  ) {
    this.#words = query.search.toLowerCase().split(/\s+/).filter(Boolean);
    this.#chosen = Object.entries(query.facets)
      .filter(([, values]) => values.length > 0)
      .map(([facet, values]) => [facet, new Set(values)] as const);
    for (const entry of entries) if (this.#note(entry, 1)) this.#places.push(this.#placeOf(entry));
    this.#places.sort(this.#compare);
  }

  /** How many entries the filters leave. */
  get total(): number {
    return this.#places.length;
  }

  /** How many there are in the namespace, before search and facets. */
  get unfiltered(): number {
    return this.#unfiltered;
  }

  facets(): ReturnType<FacetCounts['top']> {
    return this.#facets.top();
  }

  /** Rows of a window, as they are without decoration. */
  window(offset: number, limit: number): Row[] {
    return this.#places.slice(offset, offset + limit).map(({ entry }) => entry.row);
  }

  apply(changes: readonly EntryChange[]): void {
    const gone = new Set<Entry>();
    const come: Place[] = [];
    for (const { before, after } of changes) {
      if (before && this.#note(before, -1)) gone.add(before);
      if (after && this.#note(after, 1)) come.push(this.#placeOf(after));
    }
    if (gone.size === 0 && come.length === 0) return;
    const kept = gone.size === 0 ? this.#places : this.#places.filter(({ entry }) => !gone.has(entry));
    this.#places = this.#merge(kept, come.sort(this.#compare));
  }

  /** Sorts again when what it is sorted by has changed without the objects. */
  resort(): void {
    if (!this.sortsByVolatile) return;
    this.#places = this.#places.map(({ entry }) => this.#placeOf(entry)).sort(this.#compare);
  }

  #merge(kept: Place[], come: Place[]): Place[] {
    if (come.length === 0) return kept;
    const merged: Place[] = [];
    let next = 0;
    for (const place of kept) {
      for (let other = come[next]; other && this.#compare(other, place) < 0; other = come[++next]) merged.push(other);
      merged.push(place);
    }
    for (; next < come.length; next++) merged.push(come[next] as Place);
    return merged;
  }

  readonly #compare = (a: Place, b: Place): number => {
    const order = compareKeys(a.sortKey, b.sortKey);
    const directed = this.query.sort.descending ? -order : order;
    // Equal ones by key, so that rows never change places by themselves.
    return directed || (a.entry.key < b.entry.key ? -1 : a.entry.key > b.entry.key ? 1 : 0);
  };

  #placeOf(entry: Entry): Place {
    const row = this.sortsByVolatile ? this.decorate(entry.row) : entry.row;
    return { entry, sortKey: sortKeyOf(row, this.query.sort.field) };
  }

  /** Counts the entry where it belongs, or takes it out; returns whether it matches the whole query. */
  #note(entry: Entry, by: 1 | -1): boolean {
    const { namespace } = this.query;
    const { row, text } = entry;
    if (namespace !== '' && row.namespace !== '' && row.namespace !== namespace) return false;
    this.#unfiltered += by;
    if (!this.#words.every((word) => text.includes(word))) return false;
    this.#facets.add(entry, by);
    return this.#isChosen(entry);
  }

  #isChosen({ facets }: Entry): boolean {
    return this.#chosen.every(([facet, values]) => facets[facet]?.some((value) => values.has(value)));
  }
}
