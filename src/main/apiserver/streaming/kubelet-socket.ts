import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { NodeDialer } from '../node-dialer.ts';
import { kubeletError, unreachable, type KubeletRequest } from '../subresources/kubelet-client.ts';
import { CHANNEL_PROTOCOL } from './channels.ts';

/**
 * Opens a WebSocket to a node's kubelet, over a connection of its own. It is paused: resume it once its messages are
 * listened for. Throws what the kubelet says, or 503 when the node cannot be reached.
 */
export async function openKubeletSocket(dialNode: NodeDialer, ask: KubeletRequest): Promise<WebSocket> {
  let connection: Duplex;
  try {
    connection = await dialNode(ask.node);
  } catch (error) {
    throw unreachable(ask.node, error);
  }
  if (ask.signal.aborted) {
    connection.destroy();
    throw unreachable(ask.node, new Error('the client has gone'));
  }
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://kubelet${ask.path}`, [CHANNEL_PROTOCOL], {
      createConnection: () => connection,
      perMessageDeflate: false,
    });
    const abandon = (): void => socket.terminate();
    ask.signal.addEventListener('abort', abandon, { once: true });
    socket.on('close', () => ask.signal.removeEventListener('abort', abandon));
    socket.once('open', () => {
      socket.pause();
      resolve(socket);
    });
    socket.on('unexpected-response', (_request, response) => {
      kubeletError(response)
        .then(reject, (error: unknown) => reject(unreachable(ask.node, error)))
        .finally(() => connection.destroy());
    });
    // After it was opened, an error is followed by its close.
    socket.on('error', (error) => reject(unreachable(ask.node, error)));
  });
}
