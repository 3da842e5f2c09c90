// The files of a container image, collected from this host: literal files, copies, and programs with the shared
// libraries that `ldd` names. Paths follow Debian's merged /usr, so the same library is never there twice.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

const MERGED = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'];
const PROGRAM_FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/**
 * One entry of an image's file system. Owner and group ids are 0 unless given.
 * @typedef {{ mode: number, uid?: number, gid?: number }} Attributes
 * @typedef {(
 *   | { type: 'directory' }
 *   | { type: 'symlink', target: string }
 *   | { type: 'data', content: Buffer }
 *   | { type: 'copy', source: string, size: number, changed: number }
 * ) & Attributes} Entry
 */

/**
 * The full path of a program on this host, or undefined when it is not installed. Looks in Debian's folders whatever
 * PATH says: an ordinary user's PATH lacks /usr/sbin.
 * @param {string} name
 * @param {readonly string[]} [folders]
 * @returns {string | undefined}
 */
export function findProgram(name, folders = PROGRAM_FOLDERS) {
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** @param {string} path */
function mergedPath(path) {
  const top = path.split('/')[1] ?? '';
  return MERGED.includes(top) ? `/usr${path}` : path;
}

/**
 * The shared libraries (loader included) a program needs, as `ldd` lists them; none for a static program.
 * @param {string} program
 * @returns {string[]}
 */
function sharedLibraries(program) {
  const { stdout } = spawnSync('ldd', [program], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  const missing = /^\s*(\S+) => not found/m.exec(stdout);
  if (missing) throw new Error(`${program} needs the library ${missing[1]}, which this host lacks`);
  return [...stdout.matchAll(/^\s*(?:\S+ => )?(\/\S+) \(0x/gm)].map((match) => match[1] ?? '');
}

/** Entries by absolute path in the image; parents are made as needed, and the last writer of a path wins. */
export class ImageFilesystem {
  /** @type {Map<string, Entry>} */
  #entries = new Map();

  constructor() {
    for (const name of ['bin', 'sbin', 'lib', 'lib64']) this.addSymlink(`/${name}`, `usr/${name}`);
    for (const name of ['bin', 'sbin', 'lib', 'lib64']) this.addDirectory(`/usr/${name}`);
    this.addDirectory('/tmp', { mode: 0o1777 });
  }

  /**
   * @param {string} path
   * @param {Partial<Attributes>} [attributes]
   */
  addDirectory(path, attributes = {}) {
    this.#put(path, { type: 'directory', mode: 0o755, ...attributes });
  }

  /**
   * @param {string} path
   * @param {string | Buffer} content
   * @param {Partial<Attributes>} [attributes]
   */
  addFile(path, content, attributes = {}) {
    this.#put(path, { type: 'data', content: Buffer.from(content), mode: 0o644, ...attributes });
  }

  /**
   * @param {string} path
   * @param {string} target
   */
  addSymlink(path, target) {
    this.#put(path, { type: 'symlink', target, mode: 0o777 });
  }

  /**
   * Copies one file of this host, following links.
   * @param {string} source
   * @param {string} [path]
   */
  addHostFile(source, path = source) {
    const real = realpathSync(source);
    const { size, mtimeMs, mode } = statSync(real);
    this.#put(path, { type: 'copy', source: real, size, changed: mtimeMs, mode: mode & 0o755 });
  }

  /**
   * Copies the files directly in a folder of this host whose names pass.
   * @param {string} folder
   * @param {(name: string) => boolean} accepts
   */
  addHostFolder(folder, accepts) {
    for (const name of readdirSync(folder).filter(accepts)) this.addHostFile(join(folder, name));
  }

  /**
   * Copies a program of this host with its shared libraries.
   * @param {string} source
   * @param {string} [path]
   */
  addProgram(source, path = source) {
    this.addHostFile(source, path);
    for (const library of sharedLibraries(realpathSync(source))) this.addHostFile(library);
  }

  /**
   * Adds busybox and a link for each of its applets that no other program in the image answers to. Call it last.
   * @param {string} busybox
   */
  addBusybox(busybox) {
    this.addProgram(busybox, '/usr/bin/busybox');
    const { stdout } = spawnSync(busybox, ['--list'], { encoding: 'utf8' });
    for (const applet of stdout.split('\n').filter((name) => name !== '')) {
      if (!this.#entries.has(`/usr/bin/${applet}`) && !this.#entries.has(`/usr/sbin/${applet}`)) {
        this.addSymlink(`/usr/bin/${applet}`, 'busybox');
      }
    }
  }

  /** Adds the account files that libc and tools look for: root, nobody, and those given. @param {string[]} [extra] */
  addAccounts(extra = []) {
    const users = ['root:x:0:0:root:/root:/bin/sh', 'nobody:x:65534:65534:nobody:/nonexistent:/bin/false', ...extra];
    const groups = users.map((user) => user.split(':')).map(([name, , , gid]) => `${name}:x:${gid}:`);
    this.addFile('/etc/passwd', `${users.join('\n')}\n`);
    this.addFile('/etc/group', `${groups.join('\n')}\n`);
    this.addFile('/etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n');
    this.addDirectory('/root', { mode: 0o700 });
  }

  /** All entries, parents before children, in one fixed order. @returns {[string, Entry][]} */
  sorted() {
    return [...this.#entries].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Changes when any file of the image would: copies count by size and time, so this reads no large file. */
  fingerprint() {
    const hash = createHash('sha256');
    for (const [path, entry] of this.sorted()) {
      const content = entry.type === 'data' ? createHash('sha256').update(entry.content).digest('hex') : '';
      hash.update(`${JSON.stringify([path, { ...entry, content }])}\n`);
    }
    return hash.digest('hex');
  }

  /**
   * Writes every entry into a tar. Times and owners are fixed, so equal contents give equal bytes.
   * @param {import('tar-stream').Pack} pack
   */
  async writeTo(pack) {
    for (const [path, entry] of this.sorted()) {
      const { mode, uid = 0, gid = 0 } = entry;
      const header = { name: path.slice(1), mode, uid, gid, mtime: new Date(0) };
      if (entry.type === 'copy') {
        const target = pack.entry({ ...header, type: 'file', size: entry.size });
        await pipeline(createReadStream(entry.source), target);
      } else if (entry.type === 'symlink') {
        pack.entry({ ...header, type: 'symlink', linkname: entry.target });
      } else if (entry.type === 'directory') {
        pack.entry({ ...header, name: `${header.name}/`, type: 'directory' });
      } else {
        pack.entry({ ...header, type: 'file' }, entry.content);
      }
    }
    pack.finalize();
  }

  /** @param {string} path @param {Entry} entry */
  #put(path, entry) {
    const merged = entry.type === 'symlink' && dirname(path) === '/' ? path : mergedPath(path);
    const parent = dirname(merged);
    if (parent !== '/' && !this.#entries.has(parent)) this.addDirectory(parent);
    if (basename(merged) !== '') this.#entries.set(merged, entry);
  }
}
