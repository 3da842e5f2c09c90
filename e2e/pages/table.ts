// A list of the app: rows as they are drawn, by the words over their columns.
import { expect, type Locator } from '@playwright/test';

/** What a row shows, by column; `Name` without the tag of simulated objects, which is `simulated`. */
export type ShownRow = Readonly<Record<string, string>> & { readonly simulated: string };

export class Table {
  constructor(readonly grid: Locator) {}

  /** The row of an object. */
  row(name: string): Locator {
    return this.grid.getByRole('row').filter({ has: this.grid.page().getByRole('link', { name, exact: true }) });
  }

  /** Every row in view. */
  rows(): Promise<ShownRow[]> {
    return this.grid.evaluate((grid) => {
      const words = (element: Element | null | undefined): string =>
        (element?.textContent ?? '').replace(/\s+/g, ' ').trim();
      const columns = [...grid.querySelectorAll('[role=columnheader]')].map(words);
      return [...grid.querySelectorAll('[role=rowgroup] [role=row]:not([aria-busy])')].map((row) => {
        const cells = [...row.querySelectorAll('[role=gridcell]')];
        const shown = Object.fromEntries(cells.map((cell, index) => [columns[index] ?? '', words(cell)]));
        const name = words(cells[columns.indexOf('Name')]?.querySelector('a'));
        return {
          ...shown,
          simulated: shown['Name'] === name ? '' : (shown['Name'] ?? '').slice(name.length).trim(),
          Name: name,
        };
      });
    });
  }

  /** How many rows there are, in view or not. */
  async total(): Promise<number> {
    return Number(await this.grid.getAttribute('aria-rowcount')) - 1;
  }

  /** Waits until the rows in view are as wanted, and returns them; a failure shows what they were. */
  async until(what: string, wanted: (rows: ShownRow[]) => boolean, timeout = 60_000): Promise<ShownRow[]> {
    let last: ShownRow[] = [];
    await expect
      .poll(
        async () => {
          last = (await this.grid.count()) === 0 ? [] : await this.rows();
          return wanted(last) ? what : last.map((row) => Object.values(row).filter(Boolean).join(' · '));
        },
        { message: what, timeout },
      )
      .toBe(what);
    return last;
  }

  /** Opens an object's page by its name, the first link of its row. */
  async open(name: string): Promise<void> {
    await this.row(name).getByRole('link', { name, exact: true }).first().click();
    await expect(this.grid.page().getByRole('heading', { level: 1 }), `the page of ${name}`).toContainText(name);
  }
}
