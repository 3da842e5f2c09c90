// Real kubectl from PATH, as judge.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why kubectl cannot be used, or undefined. */
export const noKubectl: string | undefined =
  spawnSync('kubectl', ['version', '--client']).status === 0 ? undefined : 'there is no kubectl on PATH';

export interface Output {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** kubectl bound to one kubeconfig, with a discovery cache of its own. */
export class Kubectl {
  private readonly cache = mkdtempSync(join(tmpdir(), 'wheelhouse-kubectl-'));

  constructor(private readonly kubeconfig: string) {}

  /** Runs a command; `input` goes to its standard input. */
  run(args: string[], input = ''): Promise<Output> {
    return new Promise((resolve, reject) => {
      const child = spawn('kubectl', ['--kubeconfig', this.kubeconfig, '--cache-dir', this.cache, ...args]);
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, stdout, stderr }));
      child.stdin.end(input);
    });
  }

  /** Runs a command that must succeed; returns what it printed. */
  async ok(args: string[], input = ''): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, input);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} exited ${code}: ${stderr}`);
    return stdout;
  }

  async json<T>(args: string[]): Promise<T> {
    return JSON.parse(await this.ok([...args, '-o', 'json'])) as T;
  }
}
