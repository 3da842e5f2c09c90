// The product's own process under test: `serve`, as `npm run serve` starts it, with a data directory of its own.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';

/** The build under test; `WHEELHOUSE_OUT` names another one than the project's own. */
const OUT = process.env['WHEELHOUSE_OUT'] ?? fileURLToPath(new URL('../../out', import.meta.url));
/** What Node runs as `serve`. */
export const ENTRY = join(OUT, 'main/serve.js');

export interface ServeOptions {
  dataDir?: string;
  /** Ports of an earlier process, so that open pages and kubeconfigs go on working. */
  apiPort?: number;
  uiPort?: number;
  simulate?: number;
  environment?: Record<string, string>;
  /** More options of `serve`, such as another store. */
  args?: readonly string[];
}

/** A running control plane. */
export class ServeProcess {
  private constructor(
    readonly child: ChildProcess,
    readonly dataDir: string,
    readonly apiUrl: string,
    readonly uiUrl: string,
    readonly kubeconfig: string,
    private readonly said: string[],
  ) {}

  /** Starts `serve` and resolves when it says that it is ready. Rejects with what it said when it ends before. */
  static async start(options: ServeOptions = {}): Promise<ServeProcess> {
    const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'wheelhouse-e2e-')));
    const args = [
      '--data-dir',
      dataDir,
      '--listen',
      `127.0.0.1:${options.apiPort ?? 0}`,
      '--ui',
      `127.0.0.1:${options.uiPort ?? 0}`,
    ];
    if (options.simulate !== undefined) args.push('--simulate', String(options.simulate));
    args.push(...(options.args ?? []));
    const child = spawn(process.execPath, [ENTRY, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.environment },
    });
    const said: string[] = [];
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()));
    for await (const line of createInterface({ input: child.stdout })) {
      const ready = /^ready api=(\S+) ui=(\S+) kubeconfig=(\S+)$/.exec(line);
      if (ready) return new ServeProcess(child, dataDir, ready[1] ?? '', ready[2] ?? '', ready[3] ?? '', said);
      said.push(`${line}\n`);
    }
    throw new Error(`serve ended before it was ready:\n${said.join('')}`);
  }

  get apiPort(): number {
    return Number(new URL(this.apiUrl).port);
  }

  get uiPort(): number {
    return Number(new URL(this.uiUrl).port);
  }

  /** What it wrote to standard error so far. */
  get log(): string {
    return this.said.join('');
  }

  /** A link that is still unused, for one more browser. */
  async freshLink(): Promise<string> {
    return (await readFile(join(this.dataDir, 'ui-link'), 'utf8')).trim();
  }

  /** SIGTERM; resolves with the exit code. */
  async stop(): Promise<number | null> {
    return this.end('SIGTERM');
  }

  /** SIGKILL, as a power cut would. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** The same data directory and ports again. */
  restart(): Promise<ServeProcess> {
    return ServeProcess.start({ dataDir: this.dataDir, apiPort: this.apiPort, uiPort: this.uiPort });
  }

  async removeData(): Promise<void> {
    await rm(this.dataDir, { recursive: true, force: true });
  }

  private async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode;
    const exited = once(this.child, 'exit') as Promise<[number | null]>;
    this.child.kill(signal);
    return (await exited)[0];
  }
}
