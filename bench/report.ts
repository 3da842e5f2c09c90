/** What benchmarks hand over and how it is printed: tables with each number's budget beside it. */

/** A number that was promised (DESIGN.md, "Numbers to build for") and whether this run kept it. */
export interface Budget {
  readonly text: string;
  readonly met: boolean;
}

export interface Row {
  readonly what: string;
  /** Column to value, ready to print. Rows of one table may lack some of its columns. */
  readonly values: Readonly<Record<string, string>>;
  readonly budget?: Budget;
}

export interface Table {
  readonly title: string;
  /** How it was measured: one paragraph. */
  readonly method: string;
  readonly rows: readonly Row[];
}

/** Called with each table as soon as it is measured. */
export type Emit = (table: Table) => void;

/** One benchmark: measures and emits its tables. Leaves nothing running and nothing on disk, also when it throws. */
export type Benchmark = (emit: Emit) => Promise<void>;

/** A budget of one upper bound. */
export function atMost(value: number, bound: number, unit: string): Budget {
  return { text: `≤ ${count(bound)} ${unit}`, met: value <= bound };
}

/** A budget of one lower bound. */
export function atLeast(value: number, bound: number, unit: string): Budget {
  return { text: `≥ ${count(bound)} ${unit}`, met: value >= bound };
}

/** Several bounds on one row, all of which must be kept. */
export function all(...budgets: Budget[]): Budget {
  return { text: budgets.map(({ text }) => text).join(', '), met: budgets.every(({ met }) => met) };
}

/** A budget with the name of the column that it is about. */
export function on(column: string, { text, met }: Budget): Budget {
  return { text: `${column} ${text}`, met };
}

/** `12,345`, and up to two decimals below ten. */
export function count(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 2 : 0 });
}

/** Milliseconds with the unit that reads best. */
export function duration(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`;
  return `${ms.toFixed(ms < 10 ? 2 : ms < 100 ? 1 : 0)} ms`;
}

export const perSecond = (value: number): string => `${count(value)}/s`;

/** Decimal units, as disks and networks are sold; memory is printed by them too. */
export function size(bytes: number): string {
  if (bytes < 1e6) return `${count(bytes / 1e3)} kB`;
  return `${count(bytes / 1e6)} MB`;
}

/** A table as Markdown. Misses stand out. */
export function markdown({ title, method, rows }: Table): string {
  const columns = [...new Set(rows.flatMap(({ values }) => Object.keys(values)))];
  const judged = rows.some(({ budget }) => budget);
  const header = ['', ...columns, ...(judged ? ['budget', ''] : [])];
  const cells = rows.map(({ what, values, budget }) => [
    what,
    ...columns.map((column) => values[column] ?? ''),
    ...(judged ? [budget?.text ?? '', budget ? (budget.met ? 'met' : '**miss**') : ''] : []),
  ]);
  const widths = header.map((name, index) => Math.max(3, name.length, ...cells.map((row) => row[index]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [`### ${title}`, '', method, '', line(header), rule, ...cells.map(line), ''].join('\n');
}
