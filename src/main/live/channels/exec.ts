import { WebSocket, type RawData } from 'ws';
import { ApiError, messageOf, serviceUnavailable } from '../../../shared/api/errors.ts';
import { pathOf, PODS } from '../../../shared/api/kinds.ts';
import type { Status } from '../../../shared/api/meta.ts';
import type { ChannelParams, ExecInput, ExecMessage } from '../../../shared/live/contract.ts';
import type { ChannelInputHandler, ChannelOutput } from '../channel.ts';

/** The API server's listener and how to sign in there. */
export interface ExecTarget {
  /** `https://127.0.0.1:6443` */
  url: string;
  /** PEM of the certificate authority. */
  ca: string;
  token: string;
}

/** Channels of Kubernetes' remote command protocol: the first byte of every message. */
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
const RESIZE = 4;

/** A command in a container, over Kubernetes' own exec subresource (WebSocket, v5.channel.k8s.io). */
export function openExec(
  target: ExecTarget,
  params: ChannelParams<'exec'>,
  out: ChannelOutput<ExecMessage>,
): ChannelInputHandler<'exec'> {
  const socket = new WebSocket(urlOf(target, params), ['v5.channel.k8s.io', 'v4.channel.k8s.io'], {
    ca: target.ca,
    headers: { authorization: `Bearer ${target.token}` },
  });
  const decoders = new Map([
    [STDOUT, new TextDecoder()],
    [STDERR, new TextDecoder()],
  ]);
  const early: Buffer[] = [];
  const send = (channel: number, text: string): void => {
    const frame = Buffer.concat([Buffer.from([channel]), Buffer.from(text)]);
    if (socket.readyState === WebSocket.OPEN) socket.send(frame);
    else if (socket.readyState === WebSocket.CONNECTING) early.push(frame);
  };
  socket.on('open', () => {
    for (const frame of early.splice(0)) socket.send(frame);
  });
  socket.on('message', (data: RawData) => {
    const bytes = asBuffer(data);
    const body = bytes.subarray(1);
    if (bytes[0] === ERROR) return void out.send(exitOf(JSON.parse(body.toString()) as Status));
    const output = decoders.get(bytes[0] ?? -1)?.decode(body, { stream: true });
    if (!output) return;
    // Output that the screen cannot take yet holds up the command, as a terminal would.
    socket.pause();
    void out.send({ output }).then(() => socket.resume());
  });
  socket.on('unexpected-response', (_request, response) => {
    let text = '';
    response.on('data', (chunk: Buffer) => (text += chunk.toString()));
    response.on('end', () => out.end(refusalOf(response.statusCode ?? 500, text)));
  });
  socket.on('error', (error) =>
    out.end(serviceUnavailable(`the terminal's connection failed: ${messageOf(error)}`).status),
  );
  socket.on('close', () => out.end());
  out.signal.addEventListener('abort', () => socket.terminate());
  return (input: ExecInput) => {
    if ('stdin' in input) send(STDIN, input.stdin);
    else send(RESIZE, JSON.stringify({ Width: input.resize.columns, Height: input.resize.rows }));
  };
}

function urlOf(target: ExecTarget, { namespace, pod, container, command, tty }: ChannelParams<'exec'>): string {
  const url = new URL(pathOf(PODS, namespace, pod, 'exec'), target.url.replace(/^http/, 'ws'));
  const { searchParams } = url;
  for (const word of command) searchParams.append('command', word);
  searchParams.set('container', container);
  searchParams.set('stdin', 'true');
  searchParams.set('stdout', 'true');
  // A terminal has one output; the two would be told apart otherwise (kubectl leaves it out too).
  if (tty) searchParams.set('tty', 'true');
  else searchParams.set('stderr', 'true');
  return url.href;
}

/** The last message: a Status whose cause `ExitCode` has the code, when there is one. */
function exitOf(status: Status): ExecMessage {
  if (status.status === 'Success') return { exitCode: 0, message: '' };
  const code = status.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
  return { exitCode: code === undefined ? 1 : Number(code), message: status.message ?? '' };
}

function refusalOf(code: number, text: string): Status {
  try {
    return ApiError.fromStatus(JSON.parse(text) as Status).status;
  } catch {
    // Not a Status: whatever stands between us said it in its own words.
    return new ApiError(code, 'Unknown', text.trim() || `the server answered ${code}`).status;
  }
}

function asBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
