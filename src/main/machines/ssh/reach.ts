import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';
import { messageOf } from '../../../shared/api/errors.ts';
import { PhaseError } from '../phase-error.ts';

/** Where an SSH server is, as the user wrote it. */
export interface Address {
  host: string;
  port: number;
  /** For messages: `the machine`, or `the jump host`. */
  role: 'the machine' | 'the jump host';
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

const unreachable = (reason: string, message: string, cause: unknown, transient = true): PhaseError =>
  new PhaseError({ phase: 'Reachable', reason, message, output: messageOf(cause), transient, cause });

/** Turns what the network said into a sentence about this address. */
export function explainUnreachable(address: Address, error: unknown): PhaseError {
  const { host, port, role } = address;
  const at = `${host} port ${port}`;
  switch (codeOf(error)) {
    case 'ECONNREFUSED':
      return unreachable(
        'ConnectionRefused',
        `${host} is there, but nothing listens on port ${port}. Check the port, and that the SSH server runs on ${role} (\`systemctl status ssh\`).`,
        error,
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return unreachable(
        'NameNotFound',
        `The name ${host} could not be found by this computer's DNS. Check the spelling, or use the address of ${role}.`,
        error,
      );
    case 'EHOSTUNREACH':
    case 'EHOSTDOWN':
      return unreachable(
        'NoRouteToHost',
        `${at} cannot be reached: no machine answers at that address. Check that ${role} is switched on and on the same network, or that a VPN is up.`,
        error,
      );
    case 'ENETUNREACH':
      return unreachable(
        'NetworkUnreachable',
        `This computer has no network route to ${host}. Check its own network connection.`,
        error,
      );
    case 'ETIMEDOUT':
      return unreachable(
        'TimedOut',
        `${at} did not answer. It may be switched off, or a firewall drops the packets: check the address, and that port ${port} is open.`,
        error,
      );
    default:
      return unreachable('ConnectionFailed', `${at} cannot be reached: ${messageOf(error)}.`, error);
  }
}

/** Opens the TCP connection; rejects with a PhaseError of `Reachable`. */
export function reachDirectly(address: Address, timeoutMs: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = new Socket();
    const timedOut = Object.assign(new Error(`no answer in ${timeoutMs / 1000} s`), { code: 'ETIMEDOUT' });
    const timer = setTimeout(() => fail(timedOut), timeoutMs);
    const fail = (error: unknown): void => {
      settle();
      socket.destroy();
      reject(signal.aborted ? signal.reason : explainUnreachable(address, error));
    };
    const onAbort = (): void => fail(signal.reason);
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.off('error', fail);
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', fail);
    socket.connect({ host: address.host, port: address.port }, () => {
      settle();
      // Nagle's algorithm holds every small answer back for 44 ms through a tunnel.
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
}

/** Opens the connection from the jump host; its own words (`Connection refused`, …) name the problem. */
export function reachThrough(jump: Client, address: Address): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    jump.forwardOut('127.0.0.1', 0, address.host, address.port, (error, channel) => {
      if (!error) return resolve(channel);
      const said = error.message.replace(/^\(SSH\) Channel open failure: /, '');
      const forbidden = 'reason' in error && error.reason === 1;
      reject(
        forbidden
          ? unreachable(
              'JumpHostForbidsForwarding',
              `The jump host forbids forwarding. Set \`AllowTcpForwarding yes\` in its sshd_config.`,
              error,
              false,
            )
          : unreachable(
              'UnreachableFromJumpHost',
              `The jump host cannot reach ${address.host} port ${address.port}: ${said}.`,
              error,
            ),
      );
    });
  });
}
