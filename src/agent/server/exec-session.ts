import type { Duplex } from 'node:stream';
import type Docker from 'dockerode';
import type { WebSocket } from 'ws';
import { delay } from '../../shared/client/backoff.ts';
import type { Logger } from '../../shared/logger.ts';
import type { ObservedContainer } from '../runtime/observed.ts';
import { exitStatus } from './channels.ts';
import { joinRemoteCommand } from './remote-command.ts';

export interface StreamOptions {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}

/** Runs a command in a container for a client; it is killed when the client goes. */
export async function execSession(
  docker: Docker,
  container: ObservedContainer,
  command: string[],
  options: StreamOptions,
  accept: () => Promise<WebSocket>,
  log: Logger,
): Promise<void> {
  const { stdin, tty } = options;
  const exec = await docker.getContainer(container.id).exec({
    Cmd: command,
    AttachStdin: stdin,
    AttachStdout: options.stdout,
    // With a terminal there is one stream.
    AttachStderr: options.stderr && !tty,
    Tty: tty,
  });
  const stream = await exec.start({ hijack: true, stdin, Tty: tty });
  joinRemoteCommand(await accept(), {
    stream,
    tty,
    stdin,
    resize: async (size) => void (await exec.resize(size)),
    outcome: async () => exitStatus(await exitCodeOf(exec)),
    abandoned: () => killExec(exec),
    onError: (error) => log.debug({ err: error, container: container.id }, 'exec'),
  });
}

/** Docker closes the stream a moment before it has noted the exit code. */
async function exitCodeOf(exec: Docker.Exec): Promise<number> {
  for (let tries = 0; tries < 100; tries += 1) {
    const { Running: running, ExitCode: code } = await exec.inspect();
    if (!running && code !== null) return code;
    await delay(10);
  }
  throw new Error('the command has closed its output but does not end');
}

/** An exec'd process outlives its connection: end it by its process id on the machine. */
async function killExec(exec: Docker.Exec): Promise<void> {
  const { Running: running, Pid: pid } = await exec.inspect();
  if (!running || !pid) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It has ended meanwhile.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Joins a client with a container's own process. The process stays when the client goes. */
export async function attachSession(
  docker: Docker,
  container: ObservedContainer,
  options: StreamOptions,
  accept: () => Promise<WebSocket>,
  log: Logger,
): Promise<void> {
  const handle = docker.getContainer(container.id);
  const { stdin, stdout, stderr } = options;
  const stream = await handle.attach({ stream: true, hijack: true, stdin, stdout, stderr });
  joinRemoteCommand(await accept(), {
    stream: stream as Duplex,
    tty: container.tty,
    stdin,
    resize: async (size) => void (await handle.resize(size)),
    outcome: () => Promise.resolve({ metadata: {}, status: 'Success' }),
    abandoned: () => Promise.resolve(),
    onError: (error) => log.debug({ err: error, container: container.id }, 'attach'),
  });
}
