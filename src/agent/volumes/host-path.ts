import type { Stats } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path/posix';
import { MACHINE_ROOT, openOnMachine, placeOf } from './machine-path.ts';

export { MACHINE_ROOT } from './machine-path.ts';

/** Checks, and for the `OrCreate` types makes, what a hostPath volume points at (pkg/volume/hostpath). */
export async function prepareHostPath(path: string, type: string | undefined, root = MACHINE_ROOT): Promise<void> {
  const found = await lookOnMachine(path, root);
  const fail = (what: string): never => {
    throw new Error(`hostPath type check failed: ${path} is not ${what}`);
  };
  switch (type) {
    case 'DirectoryOrCreate':
      if (!found) await makeDirectory(path, root);
      else if (!found.isDirectory()) fail('a directory');
      return;
    case 'FileOrCreate':
      if (!found) await makeFile(path, root);
      else if (!found.isFile()) fail('a file');
      return;
    case 'Directory':
      return found?.isDirectory() ? undefined : fail('a directory');
    case 'File':
      return found?.isFile() ? undefined : fail('a file');
    case 'Socket':
      return found?.isSocket() ? undefined : fail('a socket file');
    case 'CharDevice':
      return found?.isCharacterDevice() ? undefined : fail('a character device');
    case 'BlockDevice':
      return found?.isBlockDevice() ? undefined : fail('a block device');
    default:
      // Untyped: Docker would make a missing one without a word; upstream's runtimes make a directory too.
      if (!found) await makeDirectory(path, root);
  }
}

/** What is at a path of the machine, its links followed; undefined when nothing is. */
export async function lookOnMachine(path: string, root = MACHINE_ROOT): Promise<Stats | undefined> {
  try {
    const handle = await openOnMachine(path, root);
    return await handle.stat().finally(() => handle.close());
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

async function makeDirectory(path: string, root: string): Promise<void> {
  await (await openOnMachine(path, root, 0o755)).close();
}

async function makeFile(path: string, root: string): Promise<void> {
  const folder = await openOnMachine(dirname(path), root, 0o755);
  try {
    await writeFile(`${placeOf(folder)}/${basename(path)}`, '', { mode: 0o644, flag: 'a' });
  } finally {
    await folder.close();
  }
}
