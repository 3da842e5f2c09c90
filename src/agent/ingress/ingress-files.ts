import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeAtomic } from '../state/atomic-file.ts';
import type { Site } from './ingress-site.ts';

/** The configuration in force, and the one to be tried. */
const CURRENT = 'nginx.conf';
export const CANDIDATE = 'next.conf';
const LOG = 'access.log';
/** As the kubelet rotates containers' logs (containerLogMaxSize, containerLogMaxFiles), but fewer. */
const LOG_BYTES = 10 * 2 ** 20;
const LOGS_KEPT = 3;

/** The folders of the ingress proxy on the machine. */
export class IngressFiles {
  constructor(
    readonly confDir: string,
    readonly logDir: string,
  ) {}

  async prepare(): Promise<void> {
    await mkdir(this.confDir, { recursive: true, mode: 0o700 });
    await mkdir(this.logDir, { recursive: true, mode: 0o755 });
  }

  /** Writes a site beside the one in force. Its files have names of their own, so nothing in force changes. */
  async propose({ config, files }: Site): Promise<void> {
    for (const [name, content] of files) {
      const file = join(this.confDir, name);
      if (await exists(file)) continue;
      // The workers, which are nobody, read who may sign in.
      await mkdir(dirname(file), { recursive: true, mode: 0o755 });
      await writeAtomic(file, content, name.startsWith('users/') ? 0o644 : 0o600);
    }
    await writeAtomic(join(this.confDir, CANDIDATE), config);
  }

  /** Puts the proposed site in force (for nginx's next load), and removes files that no site names any more. */
  async accept({ files }: Site): Promise<void> {
    await rename(join(this.confDir, CANDIDATE), join(this.confDir, CURRENT));
    for (const folder of ['certificates', 'users']) {
      const present = await readdir(join(this.confDir, folder)).catch(() => []);
      const stale = present.filter((name) => !files.has(`${folder}/${name}`));
      await Promise.all(stale.map((name) => rm(join(this.confDir, folder, name), { force: true })));
    }
  }

  /** Moves a log that has grown large out of the way; true when nginx must open it anew. */
  async rotateLog(): Promise<boolean> {
    const log = join(this.logDir, LOG);
    const size = await stat(log).then(
      ({ size: bytes }) => bytes,
      () => 0,
    );
    if (size < LOG_BYTES) return false;
    for (let age = LOGS_KEPT - 1; age >= 1; age -= 1)
      await rename(`${log}.${age}`, `${log}.${age + 1}`).catch(ignoreMissing);
    await rename(log, `${log}.1`);
    await rm(`${log}.${LOGS_KEPT}`, { force: true });
    return true;
  }
}

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
