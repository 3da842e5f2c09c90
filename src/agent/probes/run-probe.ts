import { connect } from 'node:net';
import type { Container } from '../../shared/api/kinds.ts';
import { dialError } from './dial-error.ts';
import { grpcOutcome } from './grpc-probe.ts';
import { httpOutcome } from './http-probe.ts';
import type { ProbeOutcome } from './probe-result.ts';

export type Probe = NonNullable<Container['livenessProbe']>;

/** Runs a command in a container: its exit code and what it printed. Rejects when it takes longer than `timeoutMs`. */
export type ExecProbe = (command: string[], timeoutMs: number) => Promise<{ exitCode: number; output: string }>;

/** One try of a probe, with the messages of pkg/probe. Never rejects. */
export async function runProbe(
  probe: Probe,
  container: Container,
  podIp: string,
  exec: ExecProbe,
): Promise<ProbeOutcome> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  if (probe.exec) return execOutcome(probe.exec.command ?? [], timeoutMs, exec);
  if (probe.httpGet) {
    const port = resolvePort(probe.httpGet.port, container);
    if (port === undefined) return { ok: false, message: `couldn't find port: ${probe.httpGet.port}` };
    return httpOutcome(probe.httpGet, port, podIp, timeoutMs);
  }
  if (probe.grpc) return grpcOutcome(probe.grpc.service ?? '', podIp, probe.grpc.port, timeoutMs);
  if (probe.tcpSocket) {
    const port = resolvePort(probe.tcpSocket.port, container);
    if (port === undefined) return { ok: false, message: `couldn't find port: ${probe.tcpSocket.port}` };
    return tcpOutcome(probe.tcpSocket.host || podIp, port, timeoutMs);
  }
  return { ok: false, message: 'missing probe handler for the container' };
}

async function execOutcome(command: string[], timeoutMs: number, exec: ExecProbe): Promise<ProbeOutcome> {
  try {
    const { exitCode, output } = await exec(command, timeoutMs);
    return exitCode === 0 ? { ok: true } : { ok: false, message: output };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

/** A port number, or the number behind the name of one of the container's ports. */
export function resolvePort(port: unknown, container: Container): number | undefined {
  if (typeof port === 'number') return port;
  if (typeof port !== 'string') return undefined;
  if (/^\d+$/.test(port)) return Number(port);
  return container.ports?.find(({ name }) => name === port)?.containerPort;
}

function tcpOutcome(host: string, port: number, timeoutMs: number): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const timer = setTimeout(() => {
      resolve({ ok: false, message: `dial tcp ${host}:${port}: i/o timeout` });
      socket.destroy();
    }, timeoutMs);
    socket.on('close', () => clearTimeout(timer));
    socket.on('error', (error) => resolve({ ok: false, message: dialError(error, host, port) }));
    socket.on('connect', () => {
      resolve({ ok: true });
      socket.destroy();
    });
  });
}
