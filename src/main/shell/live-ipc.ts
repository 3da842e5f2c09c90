import { ipcMain, type WebContents } from 'electron';
import type { LiveConnection } from '../live/connection.ts';
import { isOwnPage } from './window.ts';

/**
 * The one IPC channel: frames of the live contract from our own page's main frame. Anything from elsewhere is dropped
 * here; what a frame says is validated by the live server, as for a browser.
 */
export function serveLiveIpc(page: string, accept: (connection: LiveConnection) => void): void {
  const open = new Map<WebContents, { onFrame: (frame: string) => void; onClose: () => void }>();

  ipcMain.on('live', (event, kind: unknown, frame: unknown) => {
    const { sender, senderFrame } = event;
    if (!senderFrame || senderFrame !== sender.mainFrame || !isOwnPage(senderFrame.url, page)) return;
    if (kind === 'open') return connect(sender);
    if (kind === 'frame' && typeof frame === 'string') open.get(sender)?.onFrame(frame);
    if (kind === 'close') end(sender);
  });

  function end(contents: WebContents): void {
    open.get(contents)?.onClose();
    open.delete(contents);
  }

  function connect(contents: WebContents): void {
    // A reload opens anew without closing the old one.
    end(contents);
    const handlers = { onFrame: (_frame: string): void => undefined, onClose: (): void => undefined };
    open.set(contents, handlers);
    contents.once('destroyed', () => end(contents));
    accept({
      send: (frame) => {
        if (!contents.isDestroyed()) contents.send('live', frame);
      },
      // IPC within one computer is not buffered by us.
      pendingBytes: () => 0,
      onFrame: (listener) => (handlers.onFrame = listener),
      onClose: (listener) => (handlers.onClose = listener),
      close: () => end(contents),
    });
  }
}
