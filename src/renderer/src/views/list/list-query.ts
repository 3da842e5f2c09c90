/** What a list shows, as the query of its address: `?q=nginx&sort=-restarts&f.state=failing,waiting`. Pure. */

export interface ListQuery {
  search: string;
  sort: { field: string; descending: boolean };
  facets: Record<string, string[]>;
}

const FACET = 'f.';

export function readListQuery(
  query: Readonly<Record<string, string>>,
  usual: { field: string; descending: boolean },
): ListQuery {
  const sort = query['sort'] ?? '';
  const field = sort.replace(/^-/, '');
  return {
    search: query['q'] ?? '',
    sort: field === '' ? usual : { field, descending: sort.startsWith('-') },
    facets: Object.fromEntries(
      Object.entries(query)
        .filter(([key, value]) => key.startsWith(FACET) && value !== '')
        .map(([key, value]) => [key.slice(FACET.length), value.split(',').map(decodeURIComponent)]),
    ),
  };
}

export function writeListQuery(
  { search, sort, facets }: ListQuery,
  usual: { field: string; descending: boolean },
): Record<string, string> {
  const isUsual = sort.field === usual.field && sort.descending === usual.descending;
  return {
    ...(search === '' ? {} : { q: search }),
    ...(isUsual ? {} : { sort: `${sort.descending ? '-' : ''}${sort.field}` }),
    ...Object.fromEntries(
      Object.entries(facets)
        .filter(([, values]) => values.length > 0)
        // A value may hold a comma, which parts the values.
        .map(([id, values]) => [FACET + id, values.map(encodeURIComponent).join(',')]),
    ),
  };
}
