import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Logger } from '../../shared/logger.ts';

/** Several changes in a row are one. */
const SETTLE_MS = 300;
/** Before a monitor that ended is started again. */
const RESTART_MS = 5_000;

/** Whether a line of `ip monitor` is about what we keep: tunnels, the gateway bridge, our routes, the machine's addresses. */
export function concernsUs(line: string): boolean {
  // Pods come and go all the time; their own links are made and looked after elsewhere.
  if (/\b(vh[0-9a-f]{12}|veth\w*|docker\d+|br-\w+)\b/.test(line)) return false;
  return /\b(wh-vxlan|wh-wg|kube0)\b|proto 87\b|^(Deleted )?\d+: \S+ +inet /.test(line);
}

/** Tells of changes that others made to the machine's network, within a second. */
export class NetworkMonitor {
  #child: ChildProcess | undefined;
  #settling: NodeJS.Timeout | undefined;
  #restart: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(
    private readonly onChange: () => void,
    private readonly log: Logger,
  ) {}

  start(): void {
    const child = spawn('ip', ['-o', 'monitor', 'link', 'address', 'route'], { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (concernsUs(line)) this.#settling ??= setTimeout(() => this.#tell(), SETTLE_MS);
    });
    child.on('error', (error) => this.log.warn({ err: error }, 'cannot follow the machine’s network'));
    child.on('close', () => {
      if (!this.#stopped) this.#restart = setTimeout(() => this.start(), RESTART_MS);
    });
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#settling);
    clearTimeout(this.#restart);
    this.#child?.kill();
  }

  #tell(): void {
    this.#settling = undefined;
    this.onChange();
  }
}
