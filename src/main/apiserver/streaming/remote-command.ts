import { finished } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Status } from '../../../shared/api/meta.ts';
import { CHANNEL, channelWriter, onChannelMessage, passOn } from './channels.ts';
import type { SpdyStream } from './spdy/stream.ts';

/** Versions of the remote command protocol over SPDY, best first. */
export const COMMAND_PROTOCOLS = [
  'v4.channel.k8s.io',
  'v3.channel.k8s.io',
  'v2.channel.k8s.io',
  'channel.k8s.io',
] as const;
export type CommandProtocol = (typeof COMMAND_PROTOCOLS)[number];
/** What a client speaks that does not say (StreamProtocolV1Name). */
export const FIRST_COMMAND_PROTOCOL: CommandProtocol = 'channel.k8s.io';

/** The streams a client opens, by their `streamtype`; terminals have been resized since v3. */
export function streamsOf(
  channels: readonly ('stdin' | 'stdout' | 'stderr')[],
  tty: boolean,
  protocol: CommandProtocol,
): Set<string> {
  const resizes = tty && (protocol === 'v3.channel.k8s.io' || protocol === 'v4.channel.k8s.io');
  return new Set(['error', ...channels, ...(resizes ? ['resize'] : [])]);
}

/**
 * What the error stream says at the end: since v4 the Status as it is, before that only what went wrong, in words.
 * A kubelet that went away without a Status is said to have done so.
 */
export function errorStreamText(status: Buffer | undefined, protocol: CommandProtocol): string {
  const lost: Partial<Status> = {
    metadata: {},
    status: 'Failure',
    reason: 'InternalError',
    message: 'the connection to the kubelet was lost before the command ended',
    code: 500,
  };
  const json = status?.toString('utf8') ?? JSON.stringify(lost);
  if (protocol === 'v4.channel.k8s.io') return json;
  const { status: outcome, message } = JSON.parse(json) as Partial<Status>;
  return outcome === 'Success' ? '' : (message ?? 'the command failed');
}

/** Joins the streams of a SPDY client with a kubelet's channels. Calls `done` once all there is to say was sent. */
export function joinRemoteCommand(
  kubelet: WebSocket,
  streams: ReadonlyMap<string, SpdyStream>,
  protocol: CommandProtocol,
  done: () => void,
): void {
  const [stdin, stdout, stderr] = ['stdin', 'stdout', 'stderr'].map((type) => streams.get(type));
  let status: Buffer | undefined;
  onChannelMessage(kubelet, (channel, bytes) => {
    if (channel === CHANNEL.stdout) passOn(kubelet, bytes, stdout);
    else if (channel === CHANNEL.stderr) passOn(kubelet, bytes, stderr);
    else if (channel === CHANNEL.error) status = bytes;
  });
  kubelet.on('close', () => {
    for (const [type, stream] of streams) stream.end(type === 'error' ? errorStreamText(status, protocol) : undefined);
    let left = streams.size;
    for (const stream of streams.values())
      finished(stream, { readable: false }, () => {
        left -= 1;
        if (left === 0) done();
      });
  });
  for (const [type, stream] of streams) {
    if (type === 'resize') passSizes(kubelet, stream);
    else if (type !== 'stdin') stream.resume();
  }
  if (stdin) {
    const writer = channelWriter(kubelet, CHANNEL.stdin);
    // The command has ended: what else is typed goes nowhere.
    writer.on('error', () => stdin.resume());
    stdin.pipe(writer);
  }
  kubelet.resume();
}

/** The longest a terminal size may be in JSON. */
const MAX_SIZE_BYTES = 1024;

/** Sizes come as lines of JSON, however the stream is cut; the kubelet wants one to a message. */
function passSizes(kubelet: WebSocket, resize: SpdyStream): void {
  let held = '';
  resize.on('data', (chunk: Buffer) => {
    held += chunk.toString('utf8');
    const lines = held.split('\n');
    held = lines.pop() ?? '';
    if (held.length > MAX_SIZE_BYTES) return void resize.destroy();
    for (const line of lines)
      if (kubelet.readyState === kubelet.OPEN)
        kubelet.send(Buffer.concat([Buffer.of(CHANNEL.resize), Buffer.from(line)]));
  });
}
