import { BrowserWindow, session, shell } from 'electron';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The address of our own screen in a build's output folder: the only page a window may show. */
export const ownPage = (outDir: string): string => pathToFileURL(join(outDir, 'renderer', 'index.html')).href;

/** Whether a frame shows our own screen, and nothing else. */
export const isOwnPage = (url: string, page: string): boolean => url.split('#')[0] === page;

/** Rules for everything a window may do: no permission requests, a strict content policy, no other page. */
export function lockSession(policy: string): void {
  session.defaultSession.setPermissionRequestHandler((_contents, _permission, decide) => decide(false));
  session.defaultSession.webRequest.onHeadersReceived((details, respond) =>
    respond({ responseHeaders: { ...details.responseHeaders, 'Content-Security-Policy': [policy] } }),
  );
}

/** Opens the app's window: sandboxed, isolated, without Node, unable to navigate away or open others. */
export function openWindow(outDir: string, page: string): BrowserWindow {
  const window = new BrowserWindow({
    width: 1440,
    height: 900,
    minWidth: 900,
    minHeight: 600,
    title: 'Wheelhouse',
    show: false,
    webPreferences: {
      preload: join(outDir, 'preload', 'index.cjs'),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webviewTag: false,
    },
  });
  window.webContents.on('will-navigate', (event, url) => {
    if (!isOwnPage(url, page)) event.preventDefault();
  });
  window.webContents.setWindowOpenHandler(({ url }) => {
    // A link to the documentation opens in the person's browser, never in a window of ours.
    if (url.startsWith('https://')) void shell.openExternal(url);
    return { action: 'deny' };
  });
  window.once('ready-to-show', () => window.show());
  void window.loadURL(page);
  return window;
}
