import { readFrame, type Connect } from './connection.ts';

/** Where the live endpoint of the page's own server is: `wss://host/live`. Its cookie signs the user in. */
export function liveUrl(location: Pick<Location, 'protocol' | 'host'>): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live`;
}

/** Frames as JSON text over one WebSocket. */
export function webSocketConnection(url: string): Connect {
  return (handlers) => {
    const socket = new WebSocket(url);
    let closed = false;
    const end = (reason: string): void => {
      if (closed) return;
      closed = true;
      handlers.onClose(reason);
    };
    // Over a dead link the closing handshake never ends: whoever closes is told at once.
    const close = (reason: string): void => {
      socket.close();
      end(reason);
    };
    socket.addEventListener('open', () => {
      if (!closed) handlers.onOpen();
    });
    socket.addEventListener('message', (event: MessageEvent<unknown>) => {
      if (closed) return;
      const frame = typeof event.data === 'string' ? readFrame(event.data) : null;
      if (frame) handlers.onFrame(frame);
      else close('the other side does not speak frames');
    });
    socket.addEventListener('close', (event) => end(event.reason || `the connection was closed (${event.code})`));
    return {
      // A socket that is closing takes nothing more; what was to be sent is opened again on the next one.
      send: (frame) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
      },
      close: () => close('closed'),
    };
  };
}
