import { spawn } from 'node:child_process';

/** A program that ended with another code than 0. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  constructor(
    readonly command: string,
    readonly code: number | null,
    readonly stderr: string,
  ) {
    super(`${command}: ${stderr.trim() || `exit code ${code}`}`);
  }
}

/** Runs a program with its arguments (no shell) and returns its standard output. */
export type RunCommand = (command: string, args: string[], input?: string) => Promise<string>;

/** Runs it in the agent's own mounts: the programs of the agent's image, acting on the machine's network. */
export const runCommand: RunCommand = (command, args, input) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', reject);
    // A program that exits without reading its input breaks the pipe; its exit code says why.
    child.stdin.on('error', () => undefined);
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(out).toString('utf8'));
      else reject(new CommandError([command, ...args].join(' '), code, Buffer.concat(err).toString('utf8')));
    });
    child.stdin.end(input);
  });

/** Runs a program of the machine itself, in its mounts (nsenter into PID 1). */
export const runOnMachine: RunCommand = (command, args, input) =>
  runCommand('nsenter', ['-t', '1', '-m', '-n', '--', command, ...args], input);
