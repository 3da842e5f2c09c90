import { contextBridge, ipcRenderer } from 'electron';

/**
 * The whole bridge between the sandboxed screen and the main process: one channel of JSON frames
 * (`src/shared/live/contract.ts`). The main process validates every frame; nothing of Node or Electron is exposed.
 */
contextBridge.exposeInMainWorld('wheelhouse', {
  connect(): { send(frame: string): void; onFrame(listener: (frame: string) => void): void; close(): void } {
    const listeners = new Set<(frame: string) => void>();
    const receive = (_event: unknown, frame: unknown): void => {
      if (typeof frame === 'string') for (const listener of listeners) listener(frame);
    };
    ipcRenderer.on('live', receive);
    ipcRenderer.send('live', 'open');
    return {
      send: (frame) => ipcRenderer.send('live', 'frame', frame),
      onFrame: (listener) => void listeners.add(listener),
      close: () => {
        ipcRenderer.off('live', receive);
        ipcRenderer.send('live', 'close');
      },
    };
  },
});
