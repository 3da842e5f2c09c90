import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type Docker from 'dockerode';
import type { Client, ClientChannel } from 'ssh2';
import { dockerOver, type DockerConnection } from '../docker-connection.ts';
import { ChannelRefused, DOCKER_SOCKET, type ExecOptions, type ExecResult, type Host } from '../host.ts';
import { collectText } from '../collect-text.ts';

/** Time for sshd to answer a request to open or bind a channel. */
const CHANNEL_TIMEOUT_MS = 20_000;

/** A machine over one SSH connection that is already signed in. */
export class SshHost implements Host {
  readonly #connection: DockerConnection;
  readonly #listeners = new Map<string, (stream: Duplex) => void>();
  readonly #closeListeners: ((reason: Error) => void)[] = [];
  #closed: Error | undefined;
  #lastError: Error | undefined;

  constructor(
    readonly description: string,
    private readonly client: Client,
    /** The connection to the jump host, if there is one: it ends with this one. */
    private readonly jump?: Client,
  ) {
    this.#connection = dockerOver(() => this.dial(DOCKER_SOCKET));
    client.on('error', (error) => (this.#lastError = error));
    client.on('close', () => this.#didClose());
    client.on('unix connection', (details, accept, reject) => {
      const listener = this.#listeners.get(details.socketPath);
      if (!listener) return reject();
      const stream: Duplex = accept();
      stream.on('error', () => stream.destroy());
      listener(stream);
    });
    jump?.on('error', (error) => (this.#lastError = error));
    jump?.on('close', () => client.destroy());
  }

  docker(): Docker {
    return this.#connection.docker;
  }

  async exec(command: string, options: ExecOptions): Promise<ExecResult> {
    this.#assertOpen();
    options.signal?.throwIfAborted();
    const channel = await this.#ask<ClientChannel>((done) => this.client.exec(command, done));
    return runChannel(channel, command, options);
  }

  async dial(socketPath: string): Promise<Duplex> {
    this.#assertOpen();
    try {
      return await this.#ask<Duplex>((done) => this.client.openssh_forwardOutStreamLocal(socketPath, done));
    } catch (error) {
      if (!(error instanceof Error) || !('reason' in error)) throw error;
      // SSH_OPEN_ADMINISTRATIVELY_PROHIBITED is 1 (RFC 4254, section 5.1).
      const why = error.reason === 1 ? 'forbidden' : 'unreachable';
      throw new ChannelRefused(`${socketPath}: ${error.message.replace(/^\(SSH\) /, '')}`, why);
    }
  }

  /**
   * sshd removes the sockets it made when their connection ends, and after a cut link that may be long after the next
   * connection has been made. So each connection has a socket of its own, and `socketPath` is a link to the newest.
   */
  async listen(socketPath: string, onConnection: (stream: Duplex) => void): Promise<void> {
    this.#assertOpen();
    const own = `${socketPath}.${randomBytes(6).toString('hex')}`;
    this.#listeners.set(own, onConnection);
    try {
      await this.#ask<undefined>((done) =>
        this.client.openssh_forwardInStreamLocal(own, (error) => done(error ?? undefined, undefined)),
      );
    } catch (error) {
      this.#listeners.delete(own);
      throw error;
    }
    const [link, target] = [quote(socketPath), quote(own)];
    const relink = `ln -sfn ${target} ${link} && for old in ${link}.*; do [ "$old" = ${target} ] || rm -f "$old"; done`;
    const { code, stderr } = await this.exec(relink, { timeoutMs: CHANNEL_TIMEOUT_MS });
    if (code !== 0) throw new Error(`${socketPath} could not be linked: ${stderr.trim()}`);
  }

  onDidClose(listener: (reason: Error) => void): void {
    if (this.#closed) listener(this.#closed);
    else this.#closeListeners.push(listener);
  }

  close(): Promise<void> {
    this.#lastError ??= new Error('the connection was closed by us');
    this.client.end();
    this.#didClose();
    this.jump?.end();
    return Promise.resolve();
  }

  #assertOpen(): void {
    if (this.#closed) throw new Error(`not connected to ${this.description}: ${this.#closed.message}`);
  }

  #didClose(): void {
    if (this.#closed) return;
    this.#closed = this.#lastError ?? new Error('the machine closed the connection');
    this.#connection.close();
    this.jump?.end();
    for (const listener of this.#closeListeners.splice(0)) listener(this.#closed);
  }

  /** One request to sshd, with a limit: a half-open connection answers nothing until keepalive ends it. */
  async #ask<T>(request: (done: (error: Error | undefined, value: T) => void) => unknown): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<T>((resolve, reject) => {
        const late = new Error(`${this.description} did not answer in ${CHANNEL_TIMEOUT_MS / 1000} s`);
        timer = setTimeout(() => reject(late), CHANNEL_TIMEOUT_MS);
        request((error, value) => (error ? reject(error) : resolve(value)));
      });
    } finally {
      clearTimeout(timer);
    }
  }
}

async function runChannel(channel: ClientChannel, command: string, options: ExecOptions): Promise<ExecResult> {
  let code: number | null = null;
  channel.on('exit', (status: number | null) => (code = status));
  // Both streams must be read, or 'close' never comes.
  const stdout = collectText(channel);
  const stderr = collectText(channel.stderr);
  return new Promise((resolve, reject) => {
    const give = (error: unknown): void => {
      settle();
      channel.close();
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
    // Asked to stop while the channel was being opened.
    if (options.signal?.aborted) return onAbort();
    options.signal?.addEventListener('abort', onAbort, { once: true });
    channel.on('error', give);
    channel.on('close', () => {
      settle();
      resolve({ code, stdout: stdout(), stderr: stderr() });
    });
    channel.end(options.stdin ?? '');
  });
}

/** Quotes a word for a POSIX shell. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
