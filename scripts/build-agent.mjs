// Bundles the node agent into one file, out/agent/agent.cjs, which the join copies onto every machine.
import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');

// docker-modem and dockerode load these eagerly, for SSH connections and BuildKit sessions; the agent uses neither,
// and without them it stays under 100 MB of memory.
const UNUSED = ['ssh2', '@grpc/grpc-js', '@grpc/proto-loader', 'protobufjs', 'cpu-features'];

/**
 * Builds the bundle; returns its path and size in bytes.
 * @param {string} [outDir]
 */
export async function buildAgent(outDir = resolve(ROOT, 'out/agent')) {
  const file = resolve(outDir, 'agent.cjs');
  const absent = resolve(ROOT, 'src/agent/build/absent-module.cjs');
  await mkdir(outDir, { recursive: true });
  await build({
    entryPoints: [resolve(ROOT, 'src/agent/main.ts')],
    outfile: file,
    bundle: true,
    platform: 'node',
    target: 'node18',
    format: 'cjs',
    alias: Object.fromEntries(UNUSED.map((name) => [name, absent])),
    // Native speed-ups that ws looks for and does without.
    external: ['bufferutil', 'utf-8-validate'],
    logLevel: 'warning',
    legalComments: 'none',
  });
  return { file, bytes: (await stat(file)).size };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) {
  const { file, bytes } = await buildAgent(process.argv[2] && resolve(process.argv[2]));
  console.log(`${file} (${Math.round(bytes / 1024)} KB) is ready`);
}
