import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import type { Container } from '../../shared/api/kinds.ts';
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
  if (probe.httpGet) return httpOutcome(probe.httpGet, container, podIp, timeoutMs);
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

type HttpGet = NonNullable<Probe['httpGet']>;

function httpOutcome(get: HttpGet, container: Container, podIp: string, timeoutMs: number): Promise<ProbeOutcome> {
  const port = resolvePort(get.port, container);
  if (port === undefined) return Promise.resolve({ ok: false, message: `couldn't find port: ${get.port}` });
  const secure = get.scheme?.toUpperCase() === 'HTTPS';
  const host = get.host || podIp;
  const path = get.path?.startsWith('/') ? get.path : `/${get.path ?? ''}`;
  const url = `${secure ? 'https' : 'http'}://${host}:${port}${path}`;
  const headers: Record<string, string> = { 'user-agent': 'kube-probe/1.34', accept: '*/*', connection: 'close' };
  for (const { name, value } of get.httpHeaders ?? []) headers[name.toLowerCase()] = value;
  return new Promise((resolve) => {
    const fail = (why: string): void => resolve({ ok: false, message: `Get "${url}": ${why}` });
    // The certificate of a pod is nobody's business but its clients'.
    const send = secure ? httpsRequest : httpRequest;
    const outgoing = send({
      host,
      port,
      path,
      headers,
      agent: false,
      ...(secure ? { rejectUnauthorized: false } : {}),
    });
    const timer = setTimeout(() => {
      fail('context deadline exceeded (Client.Timeout exceeded while awaiting headers)');
      outgoing.destroy();
    }, timeoutMs);
    outgoing.on('close', () => clearTimeout(timer));
    outgoing.on('error', (error) => fail(dialError(error, host, port)));
    outgoing.on('response', (response) => {
      const status = response.statusCode ?? 0;
      response.destroy();
      // Redirects count as success, as upstream's to another host do.
      if (status >= 200 && status < 400) resolve({ ok: true });
      else resolve({ ok: false, message: `HTTP probe failed with statuscode: ${status}` });
    });
    outgoing.end();
  });
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

const DIAL_WORDS: Record<string, string> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'i/o timeout',
};

/** A connection error in Go's words, which is how it stands in every runbook. */
function dialError(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === 'ECONNRESET') return error.message === 'socket hang up' ? 'EOF' : 'read: connection reset by peer';
  const words = DIAL_WORDS[error.code ?? ''];
  return words ? `dial tcp ${host}:${port}: ${words}` : error.message;
}
