import { describe, expect, test } from 'vitest';
import {
  EMPTY_LAYOUT,
  gridTemplate,
  parseLayout,
  shiftOf,
  toggleColumn,
  visibleColumns,
  windowFor,
  WINDOW_LIMIT,
  type Column,
} from './table-model.ts';

const columns: Column[] = [
  { id: 'name', label: 'Name', width: 200, grows: true },
  { id: 'node', label: 'Node', width: 120 },
  { id: 'ip', label: 'IP', width: 100, hidden: true },
];
const ids = (list: Column[]): string[] => list.map((column) => column.id);

describe('columns', () => {
  test('hidden ones are left out until they are toggled, shown ones the other way round', () => {
    const layout = toggleColumn(toggleColumn(EMPTY_LAYOUT, 'ip'), 'node');
    expect(ids(visibleColumns(columns, EMPTY_LAYOUT))).toEqual(['name', 'node']);
    expect(ids(visibleColumns(columns, layout))).toEqual(['name', 'ip']);
    expect(toggleColumn(toggleColumn(EMPTY_LAYOUT, 'ip'), 'ip')).toEqual(EMPTY_LAYOUT);
  });

  test('a dragged width replaces the default', () => {
    expect(gridTemplate(visibleColumns(columns, EMPTY_LAYOUT), { widths: { node: 300 }, toggled: [] })).toBe(
      '36px minmax(200px, 1fr) 300px 40px',
    );
  });

  test.each([null, 'x', 3, { widths: { a: 'wide', b: 10 }, toggled: [1] }])(
    'a damaged layout %j is dropped',
    (value) => {
      expect(parseLayout(value)).toEqual(EMPTY_LAYOUT);
    },
  );
});

describe('the window', () => {
  test('holds what is seen with room on both sides', () => {
    for (let first = 0; first < 2000; first += 7) {
      const { offset, limit } = windowFor(first, first + 40);
      expect(limit).toBe(WINDOW_LIMIT);
      expect(offset).toBeLessThanOrEqual(first);
      expect(offset + limit).toBeGreaterThanOrEqual(first + 40);
    }
  });

  test('does not change while scrolling a few rows', () => {
    expect(windowFor(300, 340)).toEqual(windowFor(310, 350));
  });
});

describe('keeping a row where it is', () => {
  const rows = (...uids: string[]): { uid: string }[] => uids.map((uid) => ({ uid }));

  test('counts the places it moved, over windows with different offsets', () => {
    expect(shiftOf({ offset: 100, rows: rows('a', 'b') }, { offset: 50, rows: rows('x', 'b') }, 'b')).toBe(-50);
    expect(shiftOf({ offset: 0, rows: rows('a', 'b') }, { offset: 0, rows: rows('n', 'm', 'a', 'b') }, 'a')).toBe(2);
  });

  test('knows nothing of a row that is gone', () => {
    expect(shiftOf({ offset: 0, rows: rows('a') }, { offset: 0, rows: rows('b') }, 'a')).toBeNull();
  });
});
