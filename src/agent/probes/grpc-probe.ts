import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { goDuration } from '../pods/go-duration.ts';
import type { ProbeOutcome } from './probe-result.ts';

// Two messages of one field each, on Node's own HTTP/2: the gRPC library would be most of the agent's bundle.

const HEALTH = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];
const CODES = [
  ...['OK', 'Canceled', 'Unknown', 'InvalidArgument', 'DeadlineExceeded', 'NotFound', 'AlreadyExists'],
  ...['PermissionDenied', 'ResourceExhausted', 'FailedPrecondition', 'Aborted', 'OutOfRange', 'Unimplemented'],
  ...['Internal', 'Unavailable', 'DataLoss', 'Unauthenticated'],
];

interface Reply {
  code: string;
  message: string;
  body: Buffer;
}

/** One try of a gRPC probe: `grpc.health.v1.Health/Check` without TLS, in the words of pkg/probe/grpc. Never rejects. */
export async function grpcOutcome(
  service: string,
  host: string,
  port: number,
  timeoutMs: number,
): Promise<ProbeOutcome> {
  const failed = (message: string): ProbeOutcome => ({ ok: false, message });
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const deadline = AbortSignal.timeout(timeoutMs);
  const session = await dial(authority, deadline);
  const within = goDuration(timeoutMs);
  if (!session)
    return failed(`timeout: failed to connect service "${authority}" within ${within}: context deadline exceeded`);
  try {
    const { code, message, body } = await check(session, service, timeoutMs, deadline);
    if (code === 'Unimplemented')
      return failed(
        `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${message}`,
      );
    if (code !== 'OK') return failed(`error: health rpc probe failed: rpc error: code = ${code} desc = ${message}`);
    const status = HEALTH[statusOf(body)] ?? String(statusOf(body));
    return status === 'SERVING' ? { ok: true } : failed(`service unhealthy (responded with "${status}")`);
  } catch (error) {
    if (deadline.aborted) return failed(`timeout: health rpc did not complete within ${within}`);
    const why = error instanceof Error ? error.message : String(error);
    return failed(`error: health rpc probe failed: rpc error: code = Unavailable desc = ${why}`);
  } finally {
    session.destroy();
  }
}

/** A session whose other end speaks HTTP/2; undefined when there is none in time. */
function dial(authority: string, deadline: AbortSignal): Promise<ClientHttp2Session | undefined> {
  return new Promise((resolve) => {
    const session = connect(`http://${authority}`);
    const giveUp = (): void => {
      session.destroy();
      resolve(undefined);
    };
    deadline.addEventListener('abort', giveUp, { once: true });
    // Stays: a session that fails later ends its stream, which is what is listened to.
    session.on('error', giveUp);
    session.on('close', giveUp);
    session.once('remoteSettings', () => {
      deadline.removeEventListener('abort', giveUp);
      resolve(session);
    });
  });
}

function check(session: ClientHttp2Session, service: string, timeoutMs: number, signal: AbortSignal): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const stream = session.request(
      {
        ':method': 'POST',
        ':path': '/grpc.health.v1.Health/Check',
        'content-type': 'application/grpc',
        'user-agent': 'kube-probe/1.34',
        te: 'trailers',
        'grpc-timeout': `${Math.ceil(timeoutMs)}m`,
      },
      { signal },
    );
    const chunks: Buffer[] = [];
    let ended: IncomingHttpHeaders = {};
    stream.on('response', (headers) => (ended = headers));
    stream.on('trailers', (trailers) => (ended = { ...ended, ...trailers }));
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('end', () => resolve(replyOf(ended, Buffer.concat(chunks))));
    stream.end(requestOf(service));
  });
}

function replyOf(headers: IncomingHttpHeaders, body: Buffer): Reply {
  const status = headers['grpc-status'];
  if (status === undefined) {
    const message = `unexpected HTTP status code received from server: ${String(headers[':status'])}`;
    return { code: 'Unknown', message, body };
  }
  const words = String(headers['grpc-message'] ?? '');
  return { code: CODES[Number(status)] ?? `Code(${String(status)})`, message: decodeWords(words), body };
}

function decodeWords(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    // Not percent-encoded as it should be: shown as it came.
    if (error instanceof URIError) return text;
    throw error;
  }
}

/** HealthCheckRequest{service = 1} behind gRPC's five bytes: not compressed, and how long. */
function requestOf(service: string): Buffer {
  const name = Buffer.from(service, 'utf8');
  const message = name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name]);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

/** HealthCheckResponse{status = 1}: an enum below 128 is one byte; one that is not there is 0. */
const statusOf = (body: Buffer): number => (body[5] === 0x08 ? (body[6] ?? 0) : 0);
