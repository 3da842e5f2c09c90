import { readFile } from 'node:fs/promises';

/** A file of a control group; undefined where there is none (any more). */
export async function readGroupFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR', 'ENODEV'].includes(String(error.code)))
      return undefined;
    throw error;
  }
}

/** `name value` lines, as in memory.stat and cpu.stat. */
export function flatKeyed(text: string): Map<string, number> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const [key, value] = line.split(' ');
      return key && value ? [[key, Number(value)] as const] : [];
    }),
  );
}
