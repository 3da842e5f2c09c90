import { BrowserWindow, session, shell } from 'electron';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const ENTRY = join(import.meta.dirname, '..', 'renderer', 'index.html');

/** Whether a frame shows our own screen, and nothing else. */
export function isOwnPage(url: string): boolean {
  return url.split('#')[0] === pathToFileURL(ENTRY).href;
}

/** Rules for everything a window may do: no permission requests, a strict content policy, no other page. */
export function lockSession(policy: string): void {
  session.defaultSession.setPermissionRequestHandler((_contents, _permission, decide) => decide(false));
  session.defaultSession.webRequest.onHeadersReceived((details, respond) =>
    respond({ responseHeaders: { ...details.responseHeaders, 'Content-Security-Policy': [policy] } }),
  );
}

/** Opens the app's window: sandboxed, isolated, without Node, unable to navigate away or open others. */
export function openWindow(): BrowserWindow {
  const window = new BrowserWindow({
    width: 1440,
    height: 900,
    minWidth: 900,
    minHeight: 600,
    title: 'Wheelhouse',
    show: false,
    webPreferences: {
      preload: join(import.meta.dirname, '..', 'preload', 'index.cjs'),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webviewTag: false,
    },
  });
  window.webContents.on('will-navigate', (event, url) => {
    if (!isOwnPage(url)) event.preventDefault();
  });
  window.webContents.setWindowOpenHandler(({ url }) => {
    // A link to the documentation opens in the person's browser, never in a window of ours.
    if (url.startsWith('https://')) void shell.openExternal(url);
    return { action: 'deny' };
  });
  window.once('ready-to-show', () => window.show());
  void window.loadFile(ENTRY);
  return window;
}
