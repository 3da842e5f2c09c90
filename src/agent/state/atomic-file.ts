import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

let sequence = 0;

/** Replaces a file so that after a crash at any instant it holds the old or the new content. */
export async function writeAtomic(file: string, content: string, mode = 0o600): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  sequence += 1;
  const scratch = `${file}.${process.pid}.${sequence}.tmp`;
  const handle = await open(scratch, 'w', mode);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(scratch, file);
}

/** The JSON value in a file; undefined when there is none, or when it was torn by something other than us. */
export async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
      return undefined;
    }
    throw error;
  }
}
