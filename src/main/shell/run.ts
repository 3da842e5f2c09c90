import { app, BrowserWindow, dialog, Menu, powerMonitor } from 'electron';
import { CONTENT_SECURITY_POLICY } from '../app/ui-server.ts';
import { startControlPlane, type ControlPlane } from '../app/control-plane.ts';
import { parseOptions } from '../app/options.ts';
import { messageOf } from '../../shared/api/errors.ts';
import { keychainProtector } from './keychain.ts';
import { serveLiveIpc } from './live-ipc.ts';
import { lockSession, openWindow } from './window.ts';

/** Runs the app: one instance, the control plane in this process, one window on it. */
export async function run(): Promise<void> {
  if (!app.requestSingleInstanceLock()) return app.quit();
  app.on('second-instance', () => showWindow());
  await app.whenReady();
  let controlPlane: ControlPlane;
  try {
    const options = parseOptions([], process.env, process.platform);
    controlPlane = await startControlPlane(options, { mode: 'electron', keyProtector: keychainProtector() });
  } catch (error) {
    dialog.showErrorBox('Wheelhouse cannot start', messageOf(error));
    return app.exit(1);
  }
  lockSession(CONTENT_SECURITY_POLICY);
  serveLiveIpc((connection) => controlPlane.acceptScreen(connection));
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

function showWindow(): void {
  const [existing] = BrowserWindow.getAllWindows();
  if (!existing) return void openWindow();
  if (existing.isMinimized()) existing.restore();
  existing.focus();
}
