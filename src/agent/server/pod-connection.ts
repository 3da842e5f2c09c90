import { spawn, type ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import { getSystemErrorMap } from 'node:util';
import { Semaphore } from '../runtime/semaphore.ts';
import { HttpError } from './http-error.ts';

/** The network namespace of a running sandbox. */
export interface PodNamespace {
  sandboxId: string;
  /** The process that holds it. */
  pid: number;
}

/** Opens TCP connections to a port on the loopback address inside a pod. Rejects with HttpError 502 in containerd's words. */
export type ConnectInPod = (pod: PodNamespace, port: number, signal: AbortSignal) => Promise<Socket>;

/** A short-lived process to a connection: not more at a time than the machine has use for. */
const STARTS_AT_ONCE = 4;

/**
 * Run inside the namespace: connects, hands the socket over and goes. A socket stays in the namespace it was made in,
 * so that from then on nothing stands between the agent and the pod. Both addresses are tried, as containerd does.
 */
const CONNECT = `
const { connect } = require('node:net');
const port = Number(process.argv[1]);
const failures = {};
function attempt(host, next) {
  const socket = connect({ host, port, allowHalfOpen: true });
  socket.pause();
  socket.once('connect', () => process.send({ connected: true }, socket));
  socket.once('error', (error) => { failures[host] = error.errno; next(); });
}
process.on('disconnect', () => process.exit());
attempt('127.0.0.1', () => attempt('::1', () => process.send({ failures })));
`;

/** Where the program is run: by default behind nsenter in the pod's network namespace, in the agent's own mounts. */
export type EnterNamespace = (pod: PodNamespace) => readonly string[];
const nsenter: EnterNamespace = ({ pid }) => ['nsenter', '-t', String(pid), '-n', '--'];

export function podConnector(enter: EnterNamespace = nsenter): ConnectInPod {
  const starts = new Semaphore(STARTS_AT_ONCE);
  return (pod, port, signal) =>
    starts.run(async () => {
      const answer = await connectIn([...enter(pod), process.execPath, '-e', CONNECT, String(port)], signal);
      if (answer instanceof Socket) return answer;
      throw new HttpError(
        502,
        `failed to connect to localhost:${port} inside namespace "${pod.sandboxId}", ` +
          `IPv4: dial tcp4 127.0.0.1:${port}: connect: ${errorText(answer['127.0.0.1'])} ` +
          `IPv6: dial tcp6 [::1]:${port}: connect: ${errorText(answer['::1'])}`,
      );
    });
}

/** The system's words: `connection refused`. */
function errorText(errno: number | undefined): string {
  return (errno !== undefined && getSystemErrorMap().get(errno)?.[1]) || `error ${errno}`;
}

/** The connection, or the errno by address. Rejects when the program could not be run or was stopped. */
function connectIn(command: readonly string[], signal: AbortSignal): Promise<Socket | Record<string, number>> {
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child: ChildProcess = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], signal });
    let words = '';
    child.stderr?.on('data', (chunk: Buffer) => (words += chunk.toString('utf8')));
    child.on('message', (message: { failures?: Record<string, number> }, handle) => {
      if (handle instanceof Socket) {
        // It was made anew on this side, and would end its side as soon as the pod ends its own.
        handle.allowHalfOpen = true;
        resolve(handle);
      } else resolve(message.failures ?? {});
      child.disconnect();
    });
    child.on('error', reject);
    child.on('close', (code) =>
      reject(new HttpError(502, words.trim() || `the connecting process ended with ${code}`)),
    );
  });
}
