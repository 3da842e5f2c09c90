// `npm start`: opens the Electron app where its runtime can be had; otherwise serves the same screen to the browser.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from './build.mjs';
import { electronPackage, installedElectron } from './electron-runtime.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Downloads Electron's runtime with a progress line; resolves to its path, or to undefined when it cannot be had. */
function downloadElectron() {
  return new Promise((resolve) => {
    const script = join(electronPackage, 'install.js');
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
