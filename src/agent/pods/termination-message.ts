import { open } from 'node:fs/promises';
import type Docker from 'dockerode';
import type { Container } from '../../shared/api/kinds.ts';
import type { ObservedContainer } from '../runtime/observed.ts';
import { demultiplexAll } from '../runtime/log-frames.ts';

/** Limits of pkg/kubelet/container/runtime.go: a whole message, and one taken from the log. */
const MAX_BYTES = 4096;
const MAX_LOG_BYTES = 2048;
const MAX_LOG_LINES = 80;

/**
 * What an ended container left in its termination log, or (FallbackToLogsOnError) at the end of its output. When its
 * image is not for this machine (`mismatch`), that is what is said of a failure.
 */
export async function terminationMessage(
  docker: Docker,
  spec: Container,
  container: ObservedContainer,
  file: string,
  mismatch?: string,
): Promise<string> {
  // The kernel's own words go to the log at best, and do not say what is wrong.
  if (mismatch !== undefined && container.exitCode !== 0) return `exec format error: ${mismatch}`;
  const written = await tail(file);
  if (written !== '' || spec.terminationMessagePolicy !== 'FallbackToLogsOnError' || container.exitCode === 0)
    return written;
  const log = await docker.getContainer(container.id).logs({ stdout: true, stderr: true, tail: MAX_LOG_LINES });
  return demultiplexAll(log, container.tty).toString('utf8').slice(-MAX_LOG_BYTES);
}

async function tail(file: string): Promise<string> {
  try {
    const handle = await open(file, 'r');
    try {
      const { size } = await handle.stat();
      const buffer = Buffer.alloc(Math.min(size, MAX_BYTES));
      await handle.read(buffer, 0, buffer.length, size - buffer.length);
      return buffer.toString('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
