import { SvelteMap } from 'svelte/reactivity';
import { readPreference, writePreference } from '../preferences.ts';
import { parseLayout, toggleColumn, type TableLayout } from './table-model.ts';

/** The rows a user has ticked, by uid; they stay ticked when they scroll out of the window. */
export class Selection<R extends { uid: string }> {
  readonly #rows = new SvelteMap<string, R>();

  get size(): number {
    return this.#rows.size;
  }

  get rows(): R[] {
    return [...this.#rows.values()];
  }

  has(uid: string): boolean {
    return this.#rows.has(uid);
  }

  toggle(row: R): void {
    if (!this.#rows.delete(row.uid)) this.#rows.set(row.uid, row);
  }

  add(rows: readonly R[]): void {
    for (const row of rows) this.#rows.set(row.uid, row);
  }

  clear(): void {
    this.#rows.clear();
  }
}

/** Widths and hidden columns of one table, remembered on this computer. */
export class RememberedLayout {
  #layout: TableLayout;
  readonly #key: string;

  constructor(tableId: string) {
    this.#key = `table.${tableId}`;
    this.#layout = $state.raw(parseLayout(readPreference(this.#key)));
  }

  get current(): TableLayout {
    return this.#layout;
  }

  resize(columnId: string, width: number): void {
    this.#set({ ...this.#layout, widths: { ...this.#layout.widths, [columnId]: width } });
  }

  toggle(columnId: string): void {
    this.#set(toggleColumn(this.#layout, columnId));
  }

  reset(): void {
    this.#set({ widths: {}, toggled: [] });
  }

  #set(layout: TableLayout): void {
    this.#layout = layout;
    writePreference(this.#key, layout);
  }
}
