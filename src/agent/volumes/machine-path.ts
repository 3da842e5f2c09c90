import { constants } from 'node:fs';
import { chmod, mkdir, open, readlink, type FileHandle } from 'node:fs/promises';

/** The machine's files as the agent (which shares its PID namespace) sees them. */
export const MACHINE_ROOT = '/proc/1/root';

/** Linux's O_PATH, which Node does not name: a place in the tree, opened without opening what is there. */
const O_PATH = 0x20_0000;
/** Linux's limit on symbolic links in one path. */
const MAX_LINKS = 40;

/** A path leads, or was made to lead, out of the volume it must stay in. */
export class OutsideVolume extends Error {
  override readonly name = 'OutsideVolume';
}

interface WalkRules {
  /** Whether `..` and absolute links at the top stay there (a machine's root) or are refused (a volume's). */
  confined: boolean;
  /** Mode of folders to make where there are none; undefined: a missing one is an error (ENOENT). */
  makeMode?: number;
}

/**
 * Opens a path of the machine as the machine sees it: links are followed by its own root, not by the agent's. Folders
 * that are missing are made when a mode for them is given. The caller closes the handle; `placeOf` it is the place
 * itself, whatever happens to the path.
 */
export async function openOnMachine(path: string, root = MACHINE_ROOT, makeMode?: number): Promise<FileHandle> {
  return walk(await open(root, O_PATH), path, { confined: false, ...(makeMode === undefined ? {} : { makeMode }) });
}

/**
 * Opens `subPath` in a volume, making folders that are missing with the volume's own mode. Every element is opened from
 * the one before without following links, and links are resolved within the volume only: what containers change
 * meanwhile can not lead out of it (CVE-2017-1002101, CVE-2021-25741). Takes over `volume` and closes it.
 */
export async function openInVolume(volume: FileHandle, subPath: string): Promise<FileHandle> {
  const { mode } = await volume.stat();
  return walk(volume, subPath, { confined: true, makeMode: mode & 0o7777 });
}

/** The place that a handle stands for, as a path of this process. */
export const placeOf = ({ fd }: FileHandle): string => `/proc/self/fd/${fd}`;

async function walk(top: FileHandle, path: string, rules: WalkRules): Promise<FileHandle> {
  const stack = [top];
  try {
    await follow(stack, path, rules);
    const last = stack.pop();
    if (!last) throw new OutsideVolume(path);
    return last;
  } finally {
    await Promise.all(stack.map((handle) => handle.close()));
  }
}

async function follow(stack: FileHandle[], path: string, rules: WalkRules): Promise<void> {
  const ahead = path.split('/').filter(isElement);
  let links = 0;
  for (let name = ahead.shift(); name !== undefined; name = ahead.shift()) {
    const here = stack.at(-1);
    if (!here) throw new OutsideVolume(path);
    if (name === '..') {
      if (stack.length > 1) await stack.pop()?.close();
      else if (rules.confined) throw new OutsideVolume(`${path} leads out of the volume`);
      continue;
    }
    const place = `${placeOf(here)}/${name}`;
    const next = await openElement(place, rules.makeMode);
    if (!(await next.stat()).isSymbolicLink()) {
      stack.push(next);
      continue;
    }
    await next.close();
    if ((links += 1) > MAX_LINKS) throw new Error(`too many levels of symbolic links: ${path}`);
    const target = await readlink(place);
    if (target.startsWith('/')) {
      if (rules.confined) throw new OutsideVolume(`${path} leads out of the volume`);
      for (const handle of stack.splice(1)) await handle.close();
    }
    ahead.unshift(...target.split('/').filter(isElement));
  }
}

const isElement = (name: string): boolean => name !== '' && name !== '.';

async function openElement(place: string, makeMode: number | undefined): Promise<FileHandle> {
  const flags = O_PATH | constants.O_NOFOLLOW;
  try {
    return await open(place, flags);
  } catch (error) {
    if (makeMode === undefined || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await mkdir(place, { mode: makeMode }).catch((error: NodeJS.ErrnoException) => {
    // Somebody else was quicker: what it is will be seen when it is opened.
    if (error.code !== 'EEXIST') throw error;
  });
  const made = await open(place, flags);
  // Whatever the process mask took away; through the handle, for the name may be something else by now.
  if ((await made.stat()).isDirectory()) await chmod(placeOf(made), makeMode);
  return made;
}
