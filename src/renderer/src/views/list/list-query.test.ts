import { expect, test } from 'vitest';
import { readListQuery, writeListQuery, type ListQuery } from './list-query.ts';

const usual = { field: 'name', descending: false };

test.each<ListQuery>([
  { search: '', sort: usual, facets: {} },
  { search: 'ngi nx', sort: { field: 'restarts', descending: true }, facets: { state: ['failing', 'waiting'] } },
  { search: 'a', sort: { field: 'age', descending: false }, facets: { owner: ['a,b', ''], node: ['wh-1'] } },
])('a list is what its address says: %j', (query) => {
  expect(readListQuery(writeListQuery(query, usual), usual)).toEqual(query);
});

test('the usual list has a plain address', () => {
  expect(writeListQuery({ search: '', sort: usual, facets: { node: [] } }, usual)).toEqual({});
});
