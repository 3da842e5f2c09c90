// Builds the two images that every joined machine is given, from this host's own programs: out/agent-image.tar (node,
// and the network tools the agent calls) and out/pause-image.tar, both for `docker load`, and out/agent-image.json,
// which names them. The agent's own code is not in the image: the machine keeps it in /var/lib/wheelhouse, bind-mounted.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildImage, hostArchitecture, sourceFingerprint, writeDockerArchive } from './image-builder.mjs';
import { findProgram, ImageFilesystem } from './image-filesystem.mjs';
import { pauseProgram } from './pause-program.mjs';

/** Programs the agent runs, with the Debian package of each. */
const PROGRAMS = {
  nft: 'nftables',
  ip: 'iproute2',
  bridge: 'iproute2',
  tc: 'iproute2',
  conntrack: 'conntrack',
  nginx: 'nginx-light',
  wg: 'wireguard-tools',
  nsenter: 'util-linux',
  iptables: 'iptables',
  ip6tables: 'iptables',
  busybox: 'busybox',
};

/**
 * One image as the join needs it: the archive (a name inside the output folder), the tag `docker load` gives it, the
 * image id Docker will report, and the archive's size in bytes.
 * @typedef {{ file: string, tag: string, id: string, bytes: number }} ImageRecord
 * @typedef {{ inputs: string, architecture: 'amd64' | 'arm64', agent: ImageRecord, pause: ImageRecord }} AgentImages
 */

/** @param {string} nodeBinary @returns {import('./image-builder.mjs').ImageSource} */
function agentSource(nodeBinary) {
  const found = Object.entries(PROGRAMS).map(([name, debian]) => ({ name, debian, path: findProgram(name) }));
  const missing = found.filter(({ path }) => path === undefined);
  if (missing.length > 0) {
    const list = missing.map(({ name, debian }) => `${name} (package ${debian})`).join(', ');
    throw new Error(
      `The agent image cannot be built: ${list} missing; run "node scripts/system-packages.mjs agent-image" as root.`,
    );
  }
  const filesystem = new ImageFilesystem();
  filesystem.addProgram(nodeBinary, '/usr/bin/node');
  for (const { name, path } of found) {
    if (path !== undefined && name !== 'busybox') filesystem.addProgram(path, path.replace('/local/', '/'));
  }
  const extensions = ['/usr/lib/x86_64-linux-gnu/xtables', '/usr/lib/aarch64-linux-gnu/xtables'].find(existsSync);
  if (extensions !== undefined) filesystem.addHostFolder(extensions, (name) => /^lib(xt|ipt|ip6t)_.*\.so$/.test(name));
  filesystem.addAccounts();
  // nft prints protocols by these names, and without them by number: rules are compared with what it prints.
  filesystem.addFile('/etc/protocols', 'icmp 1 ICMP\ntcp 6 TCP\nudp 17 UDP\nsctp 132 SCTP\n');
  filesystem.addBusybox(findProgram('busybox') ?? '');
  return {
    filesystem,
    run: {
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'NODE_ENV=production'],
      Entrypoint: ['/usr/bin/node'],
      WorkingDir: '/',
      Labels: { 'org.opencontainers.image.title': 'Wheelhouse node agent runtime' },
    },
  };
}

/**
 * The image of the pod sandbox: nothing but the pause program.
 * @param {'amd64' | 'arm64'} [architecture]
 * @returns {import('./image-builder.mjs').ImageSource}
 */
export function pauseSource(architecture = hostArchitecture()) {
  const filesystem = new ImageFilesystem();
  filesystem.addFile('/pause', pauseProgram(architecture), { mode: 0o755 });
  return { filesystem, architecture, run: { Entrypoint: ['/pause'], User: '65535:65535' } };
}

/** @param {string} file @returns {Promise<AgentImages | undefined>} */
async function readRecord(file) {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
      return undefined; // never built, or cut short while writing: build again
    }
    throw error;
  }
}

/**
 * Builds both images into `outDir` for this host's architecture, and returns their record. Does nothing when they are
 * there and their inputs are unchanged. Throws one clear sentence where they cannot be built.
 * @param {string} outDir
 * @param {{ nodeBinary?: string }} [options] `nodeBinary` defaults to the running one
 * @returns {Promise<AgentImages>}
 */
export async function buildAgentImages(outDir, { nodeBinary = process.execPath } = {}) {
  if (process.platform !== 'linux') {
    throw new Error(`The agent image is made from Linux programs and cannot be built on ${process.platform}.`);
  }
  const architecture = hostArchitecture();
  const agent = agentSource(nodeBinary);
  const pause = pauseSource(architecture);
  const fingerprints = [sourceFingerprint(agent), sourceFingerprint(pause)].join();
  const inputs = createHash('sha256').update(fingerprints).digest('hex');
  const recordFile = join(outDir, 'agent-image.json');
  const earlier = await readRecord(recordFile);
  const complete = earlier && [earlier.agent, earlier.pause].every(({ file }) => existsSync(join(outDir, file)));
  if (earlier && complete && earlier.inputs === inputs) return earlier;

  await mkdir(outDir, { recursive: true });
  /** @type {AgentImages} */
  const record = {
    inputs,
    architecture,
    agent: await buildArchive(agent, outDir, 'agent-image.tar', (id) => `wheelhouse/agent:${id.slice(0, 12)}`),
    pause: await buildArchive(pause, outDir, 'pause-image.tar', () => 'wheelhouse/pause:1'),
  };
  const scratch = `${recordFile}.${process.pid}.tmp`;
  await writeFile(scratch, `${JSON.stringify(record, null, 2)}\n`);
  await rename(scratch, recordFile);
  return record;
}

/**
 * @param {import('./image-builder.mjs').ImageSource} source
 * @param {string} outDir
 * @param {string} file
 * @param {(id: string) => string} tagOf The tag for an image id without its `sha256:`
 * @returns {Promise<ImageRecord>}
 */
async function buildArchive(source, outDir, file, tagOf) {
  const folder = join(outDir, `.${file}.${process.pid}`);
  try {
    const image = await buildImage(source, folder);
    const tag = tagOf(image.config.digest.slice('sha256:'.length));
    await writeDockerArchive(image, [tag], join(outDir, file));
    return { file, tag, id: image.config.digest, bytes: image.layer.size };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) {
  try {
    const { agent, pause } = await buildAgentImages(process.argv[2] ?? 'out');
    console.log(`${agent.tag} (${Math.round(agent.bytes / 1e6)} MB) and ${pause.tag} are ready`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
