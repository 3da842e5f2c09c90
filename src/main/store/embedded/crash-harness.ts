import { readFile, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { listFiles, segmentName } from './files.ts';
import type { Failpoint } from './options.ts';

/** Every place where a test cuts the power. */
export const FAILPOINTS: Failpoint[] = [
  'append.before',
  'append.after',
  'fsync.before',
  'fsync.after',
  'ack.before',
  'rotate.before',
  'rotate.after',
  'snapshot.write.before',
  'snapshot.rename.before',
  'snapshot.rename.after',
  'compaction.remove.before',
  'compaction.remove.after',
];

/** Bundles a worker of this folder into `outfile`: many processes start from it. */
export async function bundleWorker(name: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [join(import.meta.dirname, name)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
}

/** Cuts the newest segment back to what had been fsync'd when the worker last noted it: what a power cut may leave. */
export async function cutPower(dir: string): Promise<void> {
  const noted = (await readFile(`${dir}.durable`, 'utf8')).trimEnd().split('\n').at(-1) ?? '[]';
  const sizes = new Map(JSON.parse(noted) as [string, number][]);
  const last = (await listFiles(dir)).segments.at(-1);
  if (last === undefined) return;
  const path = join(dir, segmentName(last));
  const durable = sizes.get(segmentName(last)) ?? 0;
  if ((await stat(path)).size > durable) await truncate(path, durable);
}
