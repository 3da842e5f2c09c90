// Where Electron's runtime is on this computer, if it is. Never imports electron: under plain Node that import itself
// tries to download the runtime and throws.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The folder of the electron package. */
export const electronPackage = dirname(createRequire(import.meta.url).resolve('electron/package.json'));

/**
 * The path of an Electron binary that is already on this computer, if there is one.
 * @returns {string | undefined}
 */
export function installedElectron() {
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  if (override) return [join(override, 'electron')].find(existsSync);
  const pathFile = join(electronPackage, 'path.txt');
  if (!existsSync(pathFile)) return undefined;
  return [join(electronPackage, 'dist', readFileSync(pathFile, 'utf8').trim())].find(existsSync);
}
