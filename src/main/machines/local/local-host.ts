import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import Docker from 'dockerode';
import { messageOf } from '../../../shared/api/errors.ts';
import { collectText } from '../collect-text.ts';
import { ChannelRefused, DOCKER_SOCKET, type ExecOptions, type ExecResult, type Host } from '../host.ts';

/** This computer and its own Docker, without SSH. */
export class LocalHost implements Host {
  readonly description = 'this computer';
  readonly #docker: Docker;
  readonly #servers: Server[] = [];
  readonly #connections = new Set<Socket>();
  readonly #closeListeners: ((reason: Error) => void)[] = [];
  #closed: Error | undefined;

  constructor(dockerSocket: string = DOCKER_SOCKET) {
    this.#docker = new Docker({ socketPath: dockerSocket });
  }

  docker(): Docker {
    return this.#docker;
  }

  exec(command: string, options: ExecOptions): Promise<ExecResult> {
    return new Promise((resolve, reject) => {
      if (options.signal?.aborted) return reject(options.signal.reason);
      const child = spawn('/bin/sh', ['-c', command], { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
      const give = (error: unknown): void => {
        settle();
        // The whole process group: what the shell started must not outlive it.
        if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
        reject(error);
      };
      const timer = setTimeout(
        () => give(new Error(`\`${command}\` did not end in ${options.timeoutMs / 1000} s`)),
        options.timeoutMs,
      );
      const onAbort = (): void => give(options.signal?.reason);
      const settle = (): void => {
        clearTimeout(timer);
        options.signal?.removeEventListener('abort', onAbort);
      };
      options.signal?.addEventListener('abort', onAbort, { once: true });
      const stdout = collectText(child.stdout);
      const stderr = collectText(child.stderr);
      child.on('error', give);
      child.on('close', (code) => {
        settle();
        resolve({ code, stdout: stdout(), stderr: stderr() });
      });
      // A command that does not read its input ends the pipe early, which is its right.
      child.stdin.on('error', () => child.stdin.destroy());
      child.stdin.end(options.stdin ?? '');
    });
  }

  dial(socketPath: string): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const socket = connect(socketPath);
      socket.once('connect', () => {
        socket.removeAllListeners('error');
        resolve(socket);
      });
      socket.once('error', (error) => reject(new ChannelRefused(`${socketPath}: ${messageOf(error)}`, 'unreachable')));
    });
  }

  async listen(socketPath: string, onConnection: (stream: Duplex) => void): Promise<void> {
    await rm(socketPath, { force: true });
    const server = createServer((socket) => {
      this.#connections.add(socket);
      socket.on('close', () => this.#connections.delete(socket));
      socket.on('error', () => socket.destroy());
      onConnection(socket);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(socketPath, () => {
        server.off('error', reject);
        resolve();
      });
    });
    this.#servers.push(server);
  }

  onDidClose(listener: (reason: Error) => void): void {
    if (this.#closed) listener(this.#closed);
    else this.#closeListeners.push(listener);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = new Error('the connection was closed by us');
    for (const socket of this.#connections) socket.destroy();
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
    for (const listener of this.#closeListeners.splice(0)) listener(this.#closed);
  }
}
