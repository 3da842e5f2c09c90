import { isServerFrame, type Connect } from './connection.ts';

/** What the preload script exposes: frames over the message port of this window. */
export interface WheelhouseBridge {
  connect(): {
    send(frame: unknown): void;
    onFrame(callback: (frame: unknown) => void): void;
    close(): void;
  };
}

declare global {
  interface Window {
    /** Present in Electron only. */
    wheelhouse?: WheelhouseBridge;
  }
}

/** Frames as plain data over Electron's IPC. The port has no way to say that it closed: the client's ping notices. */
export function ipcConnection(bridge: WheelhouseBridge): Connect {
  return (handlers) => {
    const port = bridge.connect();
    let closed = false;
    port.onFrame((frame) => {
      if (!closed && isServerFrame(frame)) handlers.onFrame(frame);
    });
    queueMicrotask(() => {
      if (!closed) handlers.onOpen();
    });
    return {
      send: (frame) => port.send(frame),
      close: () => {
        if (closed) return;
        closed = true;
        port.close();
        handlers.onClose('closed');
      },
    };
  };
}
