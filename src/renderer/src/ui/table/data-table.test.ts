import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import TableHarness from './TableHarness.svelte';
import { ROW_PX, type Column, type RowWindow } from './table-model.ts';
import { RememberedLayout, Selection } from './table-state.svelte.ts';

const columns: Column[] = [
  { id: 'name', label: 'Name', width: 200, grows: true, sort: 'name' },
  { id: 'node', label: 'Node', width: 120 },
];

interface PlainRow {
  uid: string;
  name: string;
}
const things = (from: number, count: number): PlainRow[] =>
  Array.from({ length: count }, (_, index) => ({ uid: `u${from + index}`, name: `thing-${from + index}` }));

/** jsdom lays nothing out: the table is told that it is 320 px high, ten rows. */
const realHeight = Object.getOwnPropertyDescriptor(HTMLElement.prototype, 'offsetHeight');
beforeEach(() => {
  localStorage.clear();
  Object.defineProperty(HTMLElement.prototype, 'offsetHeight', { configurable: true, value: 10 * ROW_PX });
});
afterEach(() => {
  if (realHeight) Object.defineProperty(HTMLElement.prototype, 'offsetHeight', realHeight);
});

function show(window: RowWindow<PlainRow>, total: number, selection = new Selection<PlainRow>()) {
  const events: [string, unknown][] = [];
  const log = (what: string, value: unknown): void => void events.push([what, value]);
  const view = render(TableHarness, { columns, window, total, log, selection });
  const of = (what: string): unknown[] => events.filter(([name]) => name === what).map(([, value]) => value);
  return { ...view, of, selection, grid: screen.getByRole('grid', { name: 'Things' }) };
}

describe('a table', () => {
  test('draws only the rows in view of ten thousand, and says how many there are', async () => {
    const { grid } = show({ offset: 0, rows: things(0, 200) }, 10_000);
    expect(grid).toHaveAttribute('aria-rowcount', '10001');
    const rows = await screen.findAllByRole('row');
    expect(rows.length).toBeGreaterThan(10);
    expect(rows.length).toBeLessThan(60);
    expect(within(rows[1]!).getByText('thing-0')).toBeInTheDocument();
    expect(rows[1]).toHaveAttribute('aria-rowindex', '2');
  });

  test('is moved through, opened, peeked into and ticked by keys', async () => {
    const { of, selection, grid } = show({ offset: 0, rows: things(0, 200) }, 200);
    await screen.findByText('thing-0');
    grid.focus();
    const user = userEvent.setup();
    await user.keyboard('{ArrowDown}{ArrowDown}{Enter}');
    expect(of('open')).toEqual(['thing-2']);
    await user.keyboard(' {ArrowUp}');
    expect(of('peek')).toEqual(['thing-2', 'thing-1']);
    await user.keyboard('x');
    expect(selection.rows.map((row) => row.name)).toEqual(['thing-1']);
    await user.keyboard('{End}l');
    expect(of('key')).toEqual(['l thing-199']);
    expect(grid.getAttribute('aria-activedescendant')).toContain('u199');
  });

  test('End goes to the last row, which is active as soon as it is loaded', async () => {
    const { of, grid, rerender } = show({ offset: 0, rows: things(0, 200) }, 1000);
    await screen.findByText('thing-0');
    grid.focus();
    const user = userEvent.setup();
    await user.keyboard('{End}');
    expect(grid.scrollTop).toBeGreaterThan(900 * ROW_PX);
    await rerender({ window: { offset: 800, rows: things(800, 200) } });
    await user.keyboard('{Enter}');
    expect(of('open')).toEqual(['thing-999']);
  });

  test('shift and an arrow tick a range, Escape unticks', async () => {
    const { selection, grid } = show({ offset: 0, rows: things(0, 20) }, 20);
    await screen.findByText('thing-0');
    grid.focus();
    const user = userEvent.setup();
    await user.keyboard('{Shift>}{ArrowDown}{ArrowDown}{/Shift}');
    expect(selection.rows.map((row) => row.uid)).toEqual(['u0', 'u1', 'u2']);
    await user.keyboard('{Escape}');
    expect(selection.size).toBe(0);
  });

  test('a header sorts, and again the other way', async () => {
    const { of } = show({ offset: 0, rows: things(0, 3) }, 3);
    await userEvent.click(screen.getByRole('button', { name: 'Name' }));
    expect(of('sort')).toEqual([{ field: 'name', descending: true }]);
    expect(screen.getByRole('columnheader', { name: /Name/ })).toHaveAttribute('aria-sort', 'ascending');
  });

  test('a hidden column stays hidden the next time, a dragged width stays too', async () => {
    const layout = new RememberedLayout('harness');
    layout.toggle('node');
    layout.resize('name', 333);
    show({ offset: 0, rows: things(0, 3) }, 3);
    expect(await screen.findByText('thing-0')).toBeInTheDocument();
    expect(screen.queryByText('node of thing-0')).toBeNull();
    expect(screen.getByRole('separator', { name: 'Width of Name' })).toHaveAttribute('aria-valuenow', '333');
  });

  test('when rows come in above a scrolled table, what is seen stays and the chip counts them', async () => {
    const { grid, rerender } = show({ offset: 0, rows: things(100, 200) }, 1000);
    await screen.findByText('thing-100');
    grid.scrollTop = 50 * ROW_PX;
    await rerender({ window: { offset: 0, rows: things(97, 200) }, total: 1003 });
    expect(grid.scrollTop).toBe(53 * ROW_PX);
    expect(await screen.findByRole('button', { name: '3 new ↑' })).toBeInTheDocument();
  });

  test('another search starts at the top, whatever the rows are', async () => {
    const { grid, rerender } = show({ offset: 0, rows: things(0, 200) }, 1000);
    await screen.findByText('thing-0');
    grid.scrollTop = 50 * ROW_PX;
    await rerender({ resetKey: 'other' });
    expect(grid.scrollTop).toBe(0);
    await rerender({ resetKey: 'other', window: { offset: 0, rows: things(30, 200) }, total: 900 });
    expect(grid.scrollTop).toBe(0);
  });
});
