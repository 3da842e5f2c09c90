// `npm start`: opens the Electron app where its runtime can be had; otherwise serves the same screen to the browser.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from './build.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The path of an Electron binary that is already on this computer, if there is one. */
function installedElectron() {
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  if (override) return [join(override, 'electron')].find(existsSync);
  const folder = dirname(createRequire(import.meta.url).resolve('electron/package.json'));
  const pathFile = join(folder, 'path.txt');
  if (!existsSync(pathFile)) return undefined;
  return [join(folder, 'dist', readFileSync(pathFile, 'utf8').trim())].find(existsSync);
}

/** Downloads Electron's runtime with a progress line; resolves to its path, or to undefined when it cannot be had. */
function downloadElectron() {
  return new Promise((resolve) => {
    const script = join(root, 'node_modules', 'electron', 'install.js');
    if (!existsSync(script)) return resolve(undefined);
    process.stdout.write('Downloading the Electron runtime (about 110 MB, once) …');
    const child = spawn(process.execPath, [script], { stdio: 'ignore', timeout: 300_000 });
    const dots = setInterval(() => process.stdout.write('.'), 1000);
    child.on('close', (code) => {
      clearInterval(dots);
      process.stdout.write(code === 0 ? ' done\n' : '\n');
      resolve(code === 0 ? installedElectron() : undefined);
    });
  });
}

/** A window needs a display; without one only serving makes sense. */
const hasDisplay = process.platform !== 'linux' || Boolean(process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY);

await ensureBuilt();
const electron = installedElectron() ?? (hasDisplay ? await downloadElectron() : undefined);
if (electron && hasDisplay) {
  const child = spawn(electron, [root, ...process.argv.slice(2)], { stdio: 'inherit' });
  child.on('close', (code) => process.exit(code ?? 1));
} else {
  const why = hasDisplay ? 'Electron’s runtime cannot be downloaded here' : 'There is no display to open a window on';
  process.stdout.write(`${why}, so Wheelhouse serves its screen to your browser instead: open the ui= link below.\n`);
  process.argv[1] = join(root, 'scripts', 'serve.mjs');
  await import('./serve.mjs');
}
