/** One column of a table. */
export interface Column {
  id: string;
  label: string;
  /** Pixels, until the user drags it. */
  width: number;
  /** Takes what room is left. One column of a table. */
  grows?: boolean;
  /** Numbers stand at the end. */
  align?: 'start' | 'end';
  /** Field of the row the server sorts by; a column without one is not sortable. */
  sort?: string;
  /** Shown only when asked for. */
  hidden?: boolean;
  /** What the header means, on hover, where the word alone does not say it. */
  hint?: string;
}

/** What the user has changed about a table's columns; remembered by the table's id. */
export interface TableLayout {
  widths: Readonly<Record<string, number>>;
  /** Columns whose visibility differs from their own default. */
  toggled: readonly string[];
}

export const EMPTY_LAYOUT: TableLayout = { widths: {}, toggled: [] };
export const ROW_PX = 32;
export const MIN_COLUMN_PX = 56;

/** Reads a remembered layout; anything that is none gives the empty one. */
export function parseLayout(value: unknown): TableLayout {
  if (typeof value !== 'object' || value === null) return EMPTY_LAYOUT;
  const { widths, toggled } = value as { widths?: unknown; toggled?: unknown };
  return {
    widths:
      typeof widths === 'object' && widths !== null
        ? Object.fromEntries(
            Object.entries(widths).filter(
              (entry): entry is [string, number] => typeof entry[1] === 'number' && entry[1] >= MIN_COLUMN_PX,
            ),
          )
        : {},
    toggled: Array.isArray(toggled) ? toggled.filter((id): id is string => typeof id === 'string') : [],
  };
}

export function visibleColumns(columns: readonly Column[], layout: TableLayout): Column[] {
  return columns.filter((column) => (column.hidden ?? false) === layout.toggled.includes(column.id));
}

/** Shows a hidden column or hides a shown one; the first column always stays. */
export function toggleColumn(layout: TableLayout, id: string): TableLayout {
  const toggled = layout.toggled.includes(id)
    ? layout.toggled.filter((other) => other !== id)
    : [...layout.toggled, id];
  return { ...layout, toggled };
}

/** The CSS grid columns: a check box, the columns, the actions of the row. */
export function gridTemplate(columns: readonly Column[], layout: TableLayout): string {
  const tracks = columns.map((column) => {
    const width = layout.widths[column.id] ?? column.width;
    return column.grows ? `minmax(${width}px, 1fr)` : `${width}px`;
  });
  return ['36px', ...tracks, '40px'].join(' ');
}

/** What stands on screen, and what is asked for: in steps, so that scrolling a little asks for nothing. */
const WINDOW_STEP = 50;
export const WINDOW_LIMIT = 200;

/** The window to subscribe to when rows `first` to `last` are to be seen. */
export function windowFor(first: number, last: number): { offset: number; limit: number } {
  const margin = Math.max(WINDOW_STEP, Math.floor((WINDOW_LIMIT - (last - first)) / 2));
  const offset = Math.max(0, Math.floor((first - margin) / WINDOW_STEP) * WINDOW_STEP);
  return { offset, limit: WINDOW_LIMIT };
}

export interface RowWindow<R extends { uid: string }> {
  offset: number;
  rows: readonly R[];
}

/** By how many places a row moved down from one window to the next; null when it is not in both. */
export function shiftOf(
  before: RowWindow<{ uid: string }>,
  after: RowWindow<{ uid: string }>,
  uid: string,
): number | null {
  const was = before.rows.findIndex((row) => row.uid === uid);
  const is = after.rows.findIndex((row) => row.uid === uid);
  return was < 0 || is < 0 ? null : after.offset + is - (before.offset + was);
}
