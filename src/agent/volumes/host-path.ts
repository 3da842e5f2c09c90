import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The machine's files as the agent (which shares its PID namespace) sees them. */
export const MACHINE_ROOT = '/proc/1/root';

/** Checks, and for the `OrCreate` types makes, what a hostPath volume points at (pkg/volume/hostpath). */
export async function prepareHostPath(path: string, type: string | undefined, root = MACHINE_ROOT): Promise<void> {
  const seen = join(root, path);
  const found = await stat(seen).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  const fail = (what: string): never => {
    throw new Error(`hostPath type check failed: ${path} is not ${what}`);
  };
  switch (type) {
    case 'DirectoryOrCreate':
      if (!found) await mkdir(seen, { recursive: true, mode: 0o755 });
      else if (!found.isDirectory()) fail('a directory');
      return;
    case 'FileOrCreate':
      if (!found) {
        await mkdir(dirname(seen), { recursive: true, mode: 0o755 });
        await writeFile(seen, '', { mode: 0o644 });
      } else if (!found.isFile()) fail('a file');
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
      if (!found) await mkdir(seen, { recursive: true, mode: 0o755 });
  }
}
