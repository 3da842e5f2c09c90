import { buffer } from 'node:stream/consumers';
import type { Container } from 'dockerode';
import { demultiplex } from './docker-logs.ts';

/** Runs a command in a container that runs; the output is both streams in order of arrival. */
export async function runInContainer(
  container: Container,
  command: string[],
): Promise<{ code: number; output: string }> {
  const exec = await container.exec({ Cmd: command, AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({ hijack: true, stdin: false });
  const output = demultiplex(await buffer(stream));
  const { ExitCode: code } = await exec.inspect();
  return { code: code ?? -1, output };
}
