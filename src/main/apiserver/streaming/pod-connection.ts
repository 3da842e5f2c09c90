import { Duplex } from 'node:stream';
import type { NodeDialer } from '../node-dialer.ts';
import { CHANNEL, onChannelMessage, PORT_CHANNEL } from './channels.ts';
import { openKubeletSocket } from './kubelet-socket.ts';

export interface PodPort {
  node: string;
  namespace: string;
  pod: string;
  port: number;
}

const NORMAL_CLOSURE = 1000;

/**
 * Opens a TCP connection to a port inside a pod, through its node's kubelet: the API server has no address in the pod
 * network. Throws what the kubelet says, or 503 when the node cannot be reached. The stream ends as the connection does.
 */
export async function connectToPod(dialNode: NodeDialer, to: PodPort, signal: AbortSignal): Promise<Duplex> {
  const path = `/portForward/${encodeURIComponent(to.namespace)}/${encodeURIComponent(to.pod)}?port=${to.port}`;
  const socket = await openKubeletSocket(dialNode, { node: to.node, path, signal });
  const stream = new Duplex({
    allowHalfOpen: true,
    read() {
      if (socket.isPaused) socket.resume();
    },
    write(chunk: Buffer, _encoding, done) {
      socket.send(Buffer.concat([Buffer.of(PORT_CHANNEL.data), chunk]), done);
    },
    final(done) {
      socket.send(Buffer.of(CHANNEL.close, PORT_CHANNEL.data), done);
    },
    destroy(error, done) {
      socket.terminate();
      done(error);
    },
  });
  onChannelMessage(socket, (channel, bytes) => {
    if (channel === PORT_CHANNEL.data && bytes.length > 0 && !stream.push(bytes)) socket.pause();
    else if (channel === CHANNEL.close && bytes[0] === PORT_CHANNEL.data) stream.push(null);
  });
  socket.on('error', (error) => stream.destroy(error));
  socket.on('close', (code) => {
    if (code === NORMAL_CLOSURE) {
      if (!stream.readableEnded) stream.push(null);
    } else stream.destroy(new Error('the connection into the pod broke'));
  });
  return stream;
}
