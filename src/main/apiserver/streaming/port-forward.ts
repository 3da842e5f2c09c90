import { badRequest, messageOf } from '../../../shared/api/errors.ts';
import type { Pod } from '../../../shared/api/kinds.ts';
import { askKubelet, kubeletError } from '../subresources/kubelet-client.ts';
import type { ClientConnection, StreamingDeps } from './client-connection.ts';
import { forwardConnection } from './forwarded-connection.ts';
import { acceptSpdy, asksForSpdy, negotiate } from './handshake.ts';
import { openKubeletSocket } from './kubelet-socket.ts';
import { acceptSpdyTunnel } from './spdy-tunnel.ts';
import { SpdySession } from './spdy/session.ts';
import { connectToPod } from './pod-connection.ts';
import { StreamPairs } from './stream-pairs.ts';
import { asksForChannels, portsOf, serveWebSocketPorts } from './web-socket-ports.ts';

/** The only protocol over SPDY (PortForwardProtocolV1Name). */
const PROTOCOL = 'portforward.k8s.io';

/**
 * pods/NAME/portforward: SPDY, SPDY inside a WebSocket (kubectl 1.31 and later), or channels of a WebSocket. In SPDY the client opens two streams for
 * each TCP connection it takes; each pair gets a WebSocket of its own to the kubelet. Resolves when the client has
 * gone. Throws what is known to be wrong before anything was answered: no machine, an unreachable one, no such pod on it.
 */
export async function servePortForward(deps: StreamingDeps, client: ClientConnection, pod: Pod): Promise<void> {
  const { name = '', namespace = '', uid = '' } = pod.metadata ?? {};
  const node = pod.spec?.nodeName;
  if (!node) throw badRequest(`pod ${name} does not have a host assigned`);
  const channels = !asksForSpdy(client.request) && asksForChannels(client);
  const ports = channels ? portsOf(new URL(client.request.url ?? '', 'http://pod').searchParams) : [];
  const path = `/portForward/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
  const { signal } = client;
  const answer = await askKubelet(deps.dialNode, { node, path, signal });
  if (answer.type === 'upgraded') {
    answer.stream.destroy();
    throw badRequest('the kubelet answered a question with an upgrade');
  }
  if (answer.message.statusCode !== 200) throw await kubeletError(answer.message);
  answer.message.resume();

  // The kubelet's words (portforward/httpstream.go) around the runtime's.
  const refusal = (port: number, error: unknown): string =>
    `error forwarding port ${port} to pod ${name}_${namespace}, uid ${uid}: ${messageOf(error)}`;
  if (channels) {
    const open = (port: number): ReturnType<typeof connectToPod> =>
      connectToPod(deps.dialNode, { node, namespace, pod: name, port }, signal);
    return serveWebSocketPorts(client, ports, { open, refusal });
  }
  const pairs = new StreamPairs((pair) => {
    forwardConnection(pair, {
      open: () => openKubeletSocket(deps.dialNode, { node, path: `${path}?port=${pair.port}`, signal }),
      refusal: (error) => refusal(pair.port, error),
    }).catch((error: unknown) => deps.log.error({ error: messageOf(error) }, 'a forwarded connection failed'));
  });
  const transport = await accept(client);
  const session = new SpdySession(transport, { log: deps.log, onStream: (stream) => pairs.add(stream) });
  await session.run(transport === client.socket ? client.head : Buffer.alloc(0));
  pairs.close();
}

/** The byte stream that carries SPDY, once the client was told that it may begin. */
function accept(client: ClientConnection): ClientConnection['socket'] | Promise<ClientConnection['socket']> {
  if (!asksForSpdy(client.request)) return acceptSpdyTunnel(client, PROTOCOL);
  const protocol = negotiate(client.request, [PROTOCOL], PROTOCOL);
  acceptSpdy(client.socket, protocol);
  return client.socket;
}
