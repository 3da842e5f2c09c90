import type { WebSocket } from 'ws';
import { CHANNEL, channelWriter, onChannelMessage, passOn, PORT_CHANNEL } from './channels.ts';
import type { StreamPair } from './stream-pairs.ts';

export interface ForwardTo {
  /** Opens the connection inside the pod; what it throws is the client's to read. */
  open: () => Promise<WebSocket>;
  /** What the error stream says then. */
  refusal: (error: unknown) => string;
}

/** The close code of a connection in which both sides said all they had to. */
const NORMAL_CLOSURE = 1000;

/**
 * Joins one forwarded TCP connection with the kubelet's WebSocket. Either side may end before the other; a connection
 * that breaks is reset, not ended, and only one that could not be opened is an error: kubectl gives up on any.
 */
export async function forwardConnection({ data, error }: StreamPair, to: ForwardTo): Promise<void> {
  error.resume();
  let kubelet: WebSocket;
  try {
    kubelet = await to.open();
  } catch (failure) {
    error.end(to.refusal(failure));
    data.resume().end();
    return;
  }
  if (data.destroyed) {
    kubelet.terminate();
    error.end();
    return;
  }
  onChannelMessage(kubelet, (channel, bytes) => {
    if (channel === PORT_CHANNEL.data) passOn(kubelet, bytes, data);
    else if (channel === CHANNEL.close && bytes[0] === PORT_CHANNEL.data) data.end();
  });
  kubelet.on('close', (code) => {
    if (code === NORMAL_CLOSURE) data.end();
    else data.destroy();
    error.end();
  });
  data.on('close', () => {
    // Ended both ways, the kubelet closes by itself, after what it still has to write.
    if (!data.readableEnded || !data.writableFinished) kubelet.terminate();
  });
  const writer = channelWriter(kubelet, PORT_CHANNEL.data);
  // Its close follows.
  writer.on('error', () => data.resume());
  data.pipe(writer);
  kubelet.resume();
}
