import { readFrame, type Connect } from './connection.ts';

/** What the preload script exposes (`src/preload/index.ts`): frames as JSON text over Electron's IPC. */
export interface WheelhouseBridge {
  connect(): {
    send(frame: string): void;
    onFrame(listener: (frame: string) => void): void;
    close(): void;
  };
}

declare global {
  interface Window {
    /** Present in Electron only. */
    wheelhouse?: WheelhouseBridge;
  }
}

/** Frames over Electron's IPC. The bridge has no way to say that it closed: the client's ping notices. */
export function ipcConnection(bridge: WheelhouseBridge): Connect {
  return (handlers) => {
    const port = bridge.connect();
    let closed = false;
    const close = (): void => {
      if (closed) return;
      closed = true;
      port.close();
      handlers.onClose('closed');
    };
    port.onFrame((text) => {
      if (closed) return;
      const frame = readFrame(text);
      if (frame) handlers.onFrame(frame);
      else close();
    });
    queueMicrotask(() => {
      if (!closed) handlers.onOpen();
    });
    return { send: (frame) => port.send(JSON.stringify(frame)), close };
  };
}
