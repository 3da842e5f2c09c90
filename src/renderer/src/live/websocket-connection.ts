import { readFrame, type Connect } from './connection.ts';

/** Where the live endpoint of the page's own server is: `wss://host/live`. Its cookie signs the user in. */
export function liveUrl(location: Pick<Location, 'protocol' | 'host'>): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live`;
}

/** Frames as JSON text over one WebSocket. */
export function webSocketConnection(url: string): Connect {
  return (handlers) => {
    const socket = new WebSocket(url);
    socket.addEventListener('open', () => handlers.onOpen());
    socket.addEventListener('message', (event: MessageEvent<unknown>) => {
      const frame = typeof event.data === 'string' ? readFrame(event.data) : null;
      if (frame) handlers.onFrame(frame);
      else socket.close(4000, 'not a frame');
    });
    socket.addEventListener('close', (event) =>
      handlers.onClose(event.reason || `the connection was closed (${event.code})`),
    );
    return {
      // A socket that is closing takes nothing more; what was to be sent is opened again on the next one.
      send: (frame) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
      },
      close: () => socket.close(),
    };
  };
}
