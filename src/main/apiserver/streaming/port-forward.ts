import { badRequest, messageOf } from '../../../shared/api/errors.ts';
import type { Pod } from '../../../shared/api/kinds.ts';
import { askKubelet, kubeletError } from '../subresources/kubelet-client.ts';
import type { ClientConnection, StreamingDeps } from './client-connection.ts';
import { forwardConnection } from './forwarded-connection.ts';
import { acceptSpdy, asksForSpdy, negotiate } from './handshake.ts';
import { openKubeletSocket } from './kubelet-socket.ts';
import { acceptSpdyTunnel } from './spdy-tunnel.ts';
import { SpdySession } from './spdy/session.ts';
import { StreamPairs } from './stream-pairs.ts';

/** The only protocol there is (PortForwardProtocolV1Name). */
const PROTOCOL = 'portforward.k8s.io';

/**
 * pods/NAME/portforward: SPDY, or SPDY inside a WebSocket (kubectl 1.31 and later). The client opens two streams for
 * each TCP connection it takes; each pair gets a WebSocket of its own to the kubelet. Resolves when the client has
 * gone. Throws what is known to be wrong before anything was answered: no machine, an unreachable one, no such pod on it.
 */
export async function servePortForward(deps: StreamingDeps, client: ClientConnection, pod: Pod): Promise<void> {
  const { name = '', namespace = '', uid = '' } = pod.metadata ?? {};
  const node = pod.spec?.nodeName;
  if (!node) throw badRequest(`pod ${name} does not have a host assigned`);
  const path = `/portForward/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
  const { signal } = client;
  const answer = await askKubelet(deps.dialNode, { node, path, signal });
  if (answer.type === 'upgraded') {
    answer.stream.destroy();
    throw badRequest('the kubelet answered a question with an upgrade');
  }
  if (answer.message.statusCode !== 200) throw await kubeletError(answer.message);
  answer.message.resume();

  const pairs = new StreamPairs((pair) => {
    forwardConnection(pair, {
      open: () => openKubeletSocket(deps.dialNode, { node, path: `${path}?port=${pair.port}`, signal }),
      // The kubelet's words (portforward/httpstream.go) around the runtime's.
      refusal: (error) =>
        `error forwarding port ${pair.port} to pod ${name}_${namespace}, uid ${uid}: ${messageOf(error)}`,
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
