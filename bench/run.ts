/**
 * `npm run bench -- [NAME...] [--write]`: runs all benchmarks or the named ones, each in a process of its own, and
 * prints its tables. `--write` also puts them into bench/RESULTS.md. Exits 1 when one failed; a missed budget is no
 * failure.
 */
import { fork } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt } from '../scripts/build.mjs';
import { loadAverage, machineDescription } from './machine-description.ts';
import { markdown, type Benchmark, type Table } from './report.ts';
import { withSection } from './results.ts';

/** In the order they run. Loaded only when wanted: each pulls in much. */
const BENCHMARKS: Record<string, () => Promise<Benchmark>> = {
  store: async () => (await import('./store.ts')).store,
  scheduler: async () => (await import('./scheduler.ts')).scheduler,
  authorization: async () => (await import('./authorization.ts')).authorization,
  apiserver: async () => (await import('./apiserver.ts')).apiserver,
  'control-plane': async () => (await import('./control-plane.ts')).controlPlane,
  machines: async () => (await import('./machines.ts')).machines,
  services: async () => (await import('./services.ts')).services,
};
const RESULTS = join(import.meta.dirname, 'RESULTS.md');

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { write: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const names = positionals.length > 0 ? positionals : Object.keys(BENCHMARKS);
  const unknown = names.find((name) => !(name in BENCHMARKS));
  if (unknown !== undefined)
    throw new Error(`there is no benchmark ${unknown}; there are ${Object.keys(BENCHMARKS).join(', ')}`);
  await ensureBuilt();
  const description = machineDescription();
  process.stdout.write(`${description}\n\n`);
  let failed = false;
  for (const name of names) {
    const load = loadAverage();
    const { tables, error } = await runApart(name);
    if (error !== undefined) {
      failed = true;
      process.stderr.write(`${name} failed: ${error}\n`);
    }
    if (values.write && error === undefined) write(name, `${description}. Load average before: ${load}.`, tables);
  }
  if (failed) process.exitCode = 1;
}

/** Runs one benchmark in a process of its own: no heap and no compiled code of the one before. Prints as it goes. */
function runApart(name: string): Promise<{ tables: Table[]; error?: string }> {
  const child = fork(import.meta.filename, [], { env: { ...process.env, [CHILD]: name } });
  const tables: Table[] = [];
  let error: string | undefined;
  child.on('message', (message: { table?: Table; error?: string }) => {
    if (message.table) {
      tables.push(message.table);
      process.stdout.write(`${markdown(message.table)}\n`);
    }
    if (message.error !== undefined) error = message.error;
  });
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      if (code !== 0) error ??= `it ended with ${signal ?? code}`;
      resolve(error === undefined ? { tables } : { tables, error });
    });
  });
}

function write(name: string, measuredOn: string, tables: readonly Table[]): void {
  const day = new Date().toISOString().slice(0, 10);
  const text = [`## ${name}`, '', `Measured ${day} on ${measuredOn}`, '', ...tables.map(markdown)].join('\n');
  const before = existsSync(RESULTS) ? readFileSync(RESULTS, 'utf8') : undefined;
  writeFileSync(RESULTS, withSection(before, { name, text }));
}

/** Names, to the child, the benchmark that it is to run. */
const CHILD = 'WHEELHOUSE_BENCHMARK';

async function runHere(name: string): Promise<void> {
  const tell = (message: { table: Table } | { error: string }): Promise<void> =>
    new Promise((resolve) => process.send?.(message, () => resolve()));
  try {
    const benchmark = await BENCHMARKS[name]?.();
    await benchmark?.((table) => void tell({ table }));
  } catch (error) {
    await tell({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    process.exitCode = 1;
  }
  process.disconnect();
}

const inChild = process.env[CHILD];
await (inChild === undefined ? main() : runHere(inChild));
