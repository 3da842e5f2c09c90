// Running commands, and starting the long-lived processes of a testbed inside their cgroups.
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, openSync, closeSync } from 'node:fs';
import { dirname } from 'node:path';

/** What a finished command said. A command ended by a signal has code 128 + the signal's number, as in a shell. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A PATH that does not depend on who calls, and nothing else: what machines and services start with. */
export const CLEAN_ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
};

/** Joins the cgroups named before `--`, then becomes the command after it: no process ever runs outside of them. */
const JOIN_THEN_EXEC = 'while [ "$1" != -- ]; do echo $$ > "$1" || exit 125; shift; done; shift; exec "$@"';

/** The arguments of a command that first joins cgroups (paths of `cgroup.procs` files). */
export function joining(cgroups: readonly string[], argv: readonly string[]): string[] {
  return ['/bin/sh', '-c', JOIN_THEN_EXEC, 'join', ...cgroups, '--', ...argv];
}

/** Runs a command to its end; resolves whatever its exit code. Rejects only when it cannot be started. */
export function runToEnd(
  argv: readonly string[],
  { input, timeoutMs = 120_000 }: { input?: string; timeoutMs?: number } = {},
): Promise<CommandResult> {
  const [file = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    const options = { env: CLEAN_ENVIRONMENT, timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(file, args, options, (error, stdout, stderr) => {
      if (error && typeof error.code === 'string') reject(error);
      else resolve({ code: error ? Number(error.code ?? 137) : 0, stdout, stderr });
    });
    child.stdin?.on('error', reject);
    child.stdin?.end(input);
  });
}

/** Runs a command that must succeed; resolves with what it printed. */
export async function run(argv: readonly string[], options: { input?: string } = {}): Promise<string> {
  const { code, stdout, stderr } = await runToEnd(argv, options);
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${(stderr || stdout).trim()}`);
  return stdout;
}

/** Starts a process that outlives this one, writing to `logFile`; `argv` should begin with `joining`. */
export function startDetached(argv: readonly string[], logFile: string): number {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  const [file = '', ...args] = argv;
  const child = spawn(file, args, { detached: true, cwd: '/', env: CLEAN_ENVIRONMENT, stdio: ['ignore', log, log] });
  closeSync(log);
  child.unref();
  if (child.pid === undefined) throw new Error(`${argv.join(' ')} did not start`);
  return child.pid;
}
