import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, expect, test } from '@playwright/test';
import { installedElectron } from '../../scripts/electron-runtime.mjs';

const executablePath = installedElectron();
const display = process.platform !== 'linux' || process.env['DISPLAY'] !== undefined;

/** The shell itself: everything behind it is proved on the served screen. */
test.skip(executablePath === undefined || !display, 'no Electron runtime (or no display) on this computer');

test('the app opens one locked-down window on the live screen', async () => {
  const dataHome = await mkdtemp(join(tmpdir(), 'wheelhouse-electron-'));
  const app = await _electron.launch({
    ...(executablePath ? { executablePath } : {}),
    args: [join(import.meta.dirname, '..', '..'), '--no-sandbox'],
    env: { ...process.env, XDG_DATA_HOME: dataHome, XDG_CONFIG_HOME: dataHome } as Record<string, string>,
  });
  try {
    const window = await app.firstWindow();
    await expect(window.getByRole('navigation')).toBeVisible();
    const reach = await window.evaluate(() => ({
      node: 'process' in globalThis || 'require' in globalThis,
      bridge: Object.keys((globalThis as unknown as { wheelhouse: object }).wheelhouse),
    }));
    expect(reach).toEqual({ node: false, bridge: ['connect'] });
    await window.evaluate(() => {
      globalThis.location.href = 'https://example.invalid/';
    });
    expect(window.url()).toMatch(/^file:/);
  } finally {
    await app.close();
    await rm(dataHome, { recursive: true });
  }
});
