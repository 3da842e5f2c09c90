import type { StreamTarget } from '../subresources/exec.ts';
import { STREAM_CREATION_TIMEOUT_MS, type ClientConnection, type StreamingDeps } from './client-connection.ts';
import { acceptSpdy, negotiate } from './handshake.ts';
import { openKubeletSocket } from './kubelet-socket.ts';
import { COMMAND_PROTOCOLS, FIRST_COMMAND_PROTOCOL, joinRemoteCommand, streamsOf } from './remote-command.ts';
import { SpdySession } from './spdy/session.ts';
import type { SpdyStream } from './spdy/stream.ts';

/**
 * exec and attach for clients that speak SPDY/3.1 (kubectl before 1.30), while the kubelet is spoken to over WebSocket.
 * Resolves when the client has gone. Throws what keeps the command from being started, before anything was answered.
 */
export async function serveSpdyCommand(
  deps: StreamingDeps,
  { request, socket, head, signal }: ClientConnection,
  { node, path, channels, tty }: StreamTarget,
): Promise<void> {
  const protocol = negotiate(request, COMMAND_PROTOCOLS, FIRST_COMMAND_PROTOCOL);
  const kubelet = await openKubeletSocket(deps.dialNode, { node, path, signal });
  acceptSpdy(socket, protocol);

  const expected = streamsOf(channels, tty, protocol);
  const streams = new Map<string, SpdyStream>();
  const session = new SpdySession(socket, {
    log: deps.log,
    onStream: (stream) => {
      const type = stream.headers.get('streamtype') ?? '';
      if (!expected.has(type) || streams.has(type)) return stream.refuse();
      streams.set(type, stream);
      if (streams.size < expected.size) return;
      clearTimeout(timeout);
      joinRemoteCommand(kubelet, streams, protocol, () => session.close());
    },
  });
  const timeout = setTimeout(() => {
    deps.log.debug({ expected: [...expected], opened: [...streams.keys()] }, 'timed out waiting for client streams');
    session.close();
  }, STREAM_CREATION_TIMEOUT_MS);
  await session.run(head);
  clearTimeout(timeout);
  // A command does not outlive its client.
  kubelet.terminate();
}
