import type Docker from 'dockerode';
import type { ExecProbe } from '../probes/run-probe.ts';
import { demultiplexAll } from './log-frames.ts';

/** Output of a probe that is kept (pkg/probe/exec: maxReadLength). */
const MAX_OUTPUT_BYTES = 10 * 1024;

/** Runs probes' commands in a container by Docker's exec. */
export function execProbe(docker: Docker, containerId: string): ExecProbe {
  return async (command, timeoutMs) => {
    const exec = await docker.getContainer(containerId).exec({ Cmd: command, AttachStdout: true, AttachStderr: true });
    const stream = await exec.start({ Detach: false, Tty: false });
    const chunks: Buffer[] = [];
    const ended = new Promise<'ended'>((resolve, reject) => {
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => resolve('ended'));
      stream.on('error', reject);
    });
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), timeoutMs)));
    const first = await Promise.race([ended, timeout]).finally(() => clearTimeout(timer));
    const { ExitCode: exitCode, Pid: pid, Running: running } = await exec.inspect();
    if (first === 'late') {
      stream.destroy();
      if (running && pid) process.kill(pid, 'SIGKILL');
      throw new Error(`command timed out: "${command.join(' ')}" timed out after ${timeoutMs / 1000}s`);
    }
    const output = demultiplexAll(Buffer.concat(chunks), false).subarray(0, MAX_OUTPUT_BYTES).toString('utf8');
    return { exitCode: exitCode ?? 0, output };
  };
}
