import type { Duplex } from 'node:stream';
import type Docker from 'dockerode';

export interface ExecOptions {
  /** Written to the command's standard input, which is then closed. */
  stdin?: string;
  /** The command is given up (and the promise rejected) after this long. */
  timeoutMs: number;
  signal?: AbortSignal;
}

export interface ExecResult {
  /** Exit code; null when a signal ended the command or the other side told none. */
  code: number | null;
  /** At most 1 MiB of each; the rest is read and dropped. */
  stdout: string;
  stderr: string;
}

/**
 * A machine we are signed in to: over SSH, or this computer. Every method rejects with a plain Error when the
 * connection is gone; `onDidClose` tells it once. Whoever opened the host closes it.
 */
export interface Host {
  /** `user@host:port`, for messages. */
  readonly description: string;
  exec(command: string, options: ExecOptions): Promise<ExecResult>;
  /** The machine's Docker, over this connection; the same client each time. */
  docker(): Docker;
  /** A byte stream to a unix socket on the machine. Rejects with `ChannelRefused` when the machine says no. */
  dial(socketPath: string): Promise<Duplex>;
  /** Listens on a unix socket on the machine (a stale file is removed first); each connection arrives as a byte stream. */
  listen(socketPath: string, onConnection: (stream: Duplex) => void): Promise<void>;
  /** The listener is called once, with the reason; at once when the connection is already gone. */
  onDidClose(listener: (reason: Error) => void): void;
  /** Ends the connection and everything on it; `onDidClose` listeners hear of it too. */
  close(): Promise<void>;
}

/** The machine would not open a stream. */
export class ChannelRefused extends Error {
  constructor(
    message: string,
    /** `forbidden`: its SSH server forbids forwarding; `unreachable`: the socket is missing, closed to us, or nobody listens. */
    readonly why: 'forbidden' | 'unreachable',
  ) {
    super(message);
    this.name = 'ChannelRefused';
  }
}

/** Where Docker listens on every machine. */
export const DOCKER_SOCKET = '/var/run/docker.sock';
