// Builds everything into out/: main (Electron entry and serve), preload, renderer, the agent bundle and, on a
// Debian-like host, the images that a machine gets at join. `ensureBuilt` does it only when out/ is missing or stale.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stampFile = join(root, 'out', '.stamp');
const inputs = ['src', 'resources', 'scripts', 'electron.vite.config.ts', 'package-lock.json'];

/** A digest of the inputs' names, sizes and times: enough to notice an edit, cheap enough for every start. */
function stampOfInputs() {
  const hash = createHash('sha256');
  /** @param {string} path */
  const visit = (path) => {
    const stat = statSync(path);
    if (stat.isDirectory()) for (const name of readdirSync(path).sort()) visit(join(path, name));
    else if (!path.includes('.test.')) hash.update(`${path}\0${stat.size}\0${stat.mtimeMs}\n`);
  };
  for (const input of inputs) if (existsSync(join(root, input))) visit(join(root, input));
  return hash.digest('hex');
}

/** @param {string} command @param {string[]} args */
function run(command, args) {
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  if (status === 0) return;
  process.stderr.write(`${stdout ?? ''}${stderr ?? ''}`);
  throw new Error(
    `${[command, ...args].join(' ')} failed${error ? `: ${error.message}` : ` with exit code ${status}`}`,
  );
}

/** Builds all, telling each step on one line. */
export async function build() {
  /** @param {string} text */
  const step = (text) => process.stderr.write(`building: ${text}\n`);
  mkdirSync(join(root, 'out'), { recursive: true });
  if (!existsSync(join(root, 'src/main/resources/generated/schemas.ts'))) run('node', ['scripts/generate-schemas.mjs']);
  step('main process, preload and screen');
  run('node', ['node_modules/electron-vite/bin/electron-vite.js', 'build']);
  step('node agent');
  run('node', ['scripts/build-agent.mjs']);
  step('images for machines');
  const { buildAgentImages } = await import('./agent-image.mjs');
  try {
    await buildAgentImages(join(root, 'out'));
  } catch (error) {
    // Simulated machines and the app itself do not need them; joining a machine says so when it comes to it.
    process.stderr.write(
      `building: no agent image on this computer: ${error instanceof Error ? error.message : String(error)}\n`,
    );
  }
  writeFileSync(stampFile, stampOfInputs());
}

/** Builds when out/ is missing or older than the sources. */
export async function ensureBuilt() {
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stampOfInputs()) return;
  await build();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build();
