import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Pod } from '../../../shared/api/kinds.ts';
import type { Row } from '../../../shared/view/rows.ts';
import { makeEntry, type Entry } from './entry.ts';
import { QueryView, type Query } from './query-view.ts';
import { ROW_KINDS } from './row-kinds.ts';

const ANY: Query = { namespace: '', search: '', facets: {}, sort: { field: 'name', descending: false } };

function entryOf(
  name: string,
  rest: { namespace?: string; node?: string; phase?: string; restarts?: number } = {},
): Entry {
  const { namespace = 'default', node = 'n1', phase = 'Running', restarts = 0 } = rest;
  const status = { name: 'app', ready: true, restartCount: restarts, state: { running: {} } };
  return makeEntry(ROW_KINDS.pods, {
    metadata: { name, namespace, uid: `${namespace}/${name}`, resourceVersion: '1' },
    spec: { nodeName: node, containers: [{ name: 'app', image: 'nginx' }] },
    status: { phase, containerStatuses: phase === 'Running' ? [status] : [] },
  } as unknown as Pod);
}

const same = (row: Row): Row => row;
const names = (view: QueryView, offset = 0, limit = 100): string[] =>
  view.window(offset, limit).map(({ name }) => name);
const viewOf = (query: Partial<Query>, entries: Entry[]): QueryView =>
  new QueryView({ ...ANY, ...query }, entries, same, false);

const entry = fc
  .record({
    name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'),
    namespace: fc.constantFrom('one', 'two'),
    node: fc.constantFrom('n1', 'n2', ''),
    phase: fc.constantFrom('Running', 'Pending', 'Failed'),
    restarts: fc.nat(3),
  })
  .map(({ name, ...rest }) => entryOf(name, rest));
const query: fc.Arbitrary<Query> = fc.record({
  namespace: fc.constantFrom('', 'one'),
  search: fc.constantFrom('', 'a', 'n1 running', 'nothing like it'),
  facets: fc.constantFrom({}, { node: ['n1'] }, { state: ['failing', 'working'], node: ['n1', 'n2'] }),
  sort: fc.record({ field: fc.constantFrom('name', 'state', 'restarts', 'node', 'age'), descending: fc.boolean() }),
});

test('changes merged in give what a new look gives', () => {
  fc.assert(
    fc.property(
      query,
      fc.array(fc.array(fc.tuple(entry, fc.boolean()), { maxLength: 6 }), { maxLength: 12 }),
      (asked, batches) => {
        const model = new Map<string, Entry>();
        const view = new QueryView(asked, [], same, false);
        for (const batch of batches) {
          const last = new Map(batch.map(([after, present]) => [after.key, present ? after : undefined]));
          const changes = [...last].map(([key, after]) => ({ before: model.get(key), after }));
          for (const [key, after] of last) {
            if (after) model.set(key, after);
            else model.delete(key);
          }
          view.apply(changes);
          const fresh = new QueryView(asked, model.values(), same, false);
          expect(view.window(0, 100)).toEqual(fresh.window(0, 100));
          expect([view.total, view.unfiltered]).toEqual([fresh.total, fresh.unfiltered]);
          expect(view.facets()).toMatchObject(fresh.facets());
        }
      },
    ),
  );
});

describe('a view of rows', () => {
  const entries = [
    entryOf('web-1', { node: 'n1' }),
    entryOf('web-2', { node: 'n2', phase: 'Failed' }),
    entryOf('db-1', { node: 'n2', restarts: 4 }),
    entryOf('web-3', { namespace: 'other' }),
  ];

  test('finds every word anywhere, in any case', () => {
    expect(names(viewOf({ search: 'WEB n2' }, entries))).toEqual(['web-2']);
    expect(names(viewOf({ search: 'failed' }, entries))).toEqual(['web-2']);
    expect(names(viewOf({ search: 'other web' }, entries))).toEqual(['web-3']);
  });

  test('a row matches one value of each facet', () => {
    expect(names(viewOf({ facets: { node: ['n1', 'n2'], state: ['failing'] } }, entries))).toEqual(['web-2']);
    expect(names(viewOf({ facets: { node: [] } }, entries))).toHaveLength(4);
  });

  test('facets count what the namespace and search leave, whatever is chosen of them', () => {
    const view = viewOf({ namespace: 'default', facets: { node: ['n1'] } }, entries);
    expect(view.facets()['node']).toEqual([
      { value: 'n2', count: 2 },
      { value: 'n1', count: 1 },
    ]);
    expect([view.total, view.unfiltered]).toEqual([1, 3]);
  });

  test('worst states first, ties by name', () => {
    expect(names(viewOf({ sort: { field: 'state', descending: false } }, entries))).toEqual([
      'web-2',
      'db-1',
      'web-1',
      'web-3',
    ]);
  });

  test('what it is sorted by may come from elsewhere, and changes with it', () => {
    const usage = new Map([
      ['web-1', 1],
      ['web-2', 3],
      ['db-1', 2],
    ]);
    const decorate = (row: Row): Row => ({ ...row, cpu: usage.get(row.name) }) as Row;
    const view = new QueryView({ ...ANY, sort: { field: 'cpu', descending: true } }, entries, decorate, true);
    expect(names(view)).toEqual(['web-2', 'db-1', 'web-1', 'web-3']);
    usage.set('web-1', 9);
    view.resort();
    expect(names(view)[0]).toBe('web-1');
  });
});
