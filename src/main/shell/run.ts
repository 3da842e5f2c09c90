import { app, BrowserWindow, dialog, Menu, powerMonitor } from 'electron';
import { CONTENT_SECURITY_POLICY } from '../app/ui-server.ts';
import { startControlPlane, type ControlPlane } from '../app/control-plane.ts';
import { parseOptions } from '../app/options.ts';
import { messageOf } from '../../shared/api/errors.ts';
import { keychainProtector } from './keychain.ts';
import { serveLiveIpc } from './live-ipc.ts';
import { lockSession, openWindow, ownPage } from './window.ts';

/** Runs the app from a build's output folder: one instance, the control plane in this process, one window on it. */
export async function run(outDir: string): Promise<void> {
  const page = ownPage(outDir);
  const showWindow = (): void => showOrOpen(() => openWindow(outDir, page));
  if (!app.requestSingleInstanceLock()) return app.quit();
  app.on('second-instance', () => showWindow());
  await app.whenReady();
  let controlPlane: ControlPlane;
  try {
    const options = parseOptions([], process.env, process.platform);
    controlPlane = await startControlPlane(options, { mode: 'electron', keyProtector: keychainProtector(), outDir });
  } catch (error) {
    dialog.showErrorBox('Wheelhouse cannot start', messageOf(error));
    return app.exit(1);
  }
  lockSession(CONTENT_SECURITY_POLICY);
  serveLiveIpc(page, (connection) => controlPlane.acceptScreen(connection));
  Menu.setApplicationMenu(
    Menu.buildFromTemplate([{ role: 'appMenu' }, { role: 'editMenu' }, { role: 'viewMenu' }, { role: 'windowMenu' }]),
  );
  powerMonitor.on('resume', () => controlPlane.resumed());
  app.on('activate', () => showWindow());
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  let stopped = false;
  app.on('before-quit', (event) => {
    if (stopped) return;
    event.preventDefault();
    stopped = true;
    void controlPlane.stop().finally(() => app.quit());
  });
  showWindow();
}

function showOrOpen(open: () => void): void {
  const [existing] = BrowserWindow.getAllWindows();
  if (!existing) return open();
  if (existing.isMinimized()) existing.restore();
  existing.focus();
}
