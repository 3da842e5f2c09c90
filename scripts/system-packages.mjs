// Installs the Debian packages that the tests need, or says which are missing and what is skipped without them.
// Plain JavaScript: it runs before anything is built.
//   node scripts/system-packages.mjs [group-or-tool ...]
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findProgram } from './image-filesystem.mjs';

/**
 * What a group of tests is called in messages.
 * @typedef {'testbed' | 'agent-image' | 'browser' | 'electron' | 'etcd'} Group
 * A tool, the packages that may hold it (the first one the distribution knows is installed), and who needs it.
 * @typedef {{ tool: string, packages: string[], groups: Group[] }} Requirement
 * @typedef {{ installed: string[], missing: Requirement[], skippedGroups: Group[], reason?: string }} Outcome
 */

/** @type {Record<Group, string>} */
export const GROUP_TITLES = {
  testbed: 'tests on real machines (the testbed)',
  'agent-image': 'building the node agent image',
  browser: 'end-to-end tests in Chromium',
  electron: 'end-to-end tests in Electron',
  etcd: 'tests of the store on etcd',
};

/**
 * Debian 13 moved the `docker` command to docker-cli and nginx-light into nginx; hence the alternatives.
 * A `docker` command alone is not an engine: what counts is dockerd.
 * @type {readonly Requirement[]}
 */
export const REQUIREMENTS = [
  { tool: 'dockerd', packages: ['docker.io'], groups: ['testbed'] },
  { tool: 'docker', packages: ['docker-cli', 'docker.io'], groups: ['testbed'] },
  { tool: 'sshd', packages: ['openssh-server'], groups: ['testbed'] },
  { tool: 'ssh-keygen', packages: ['openssh-client'], groups: ['testbed'] },
  { tool: 'docker-registry', packages: ['docker-registry'], groups: ['testbed'] },
  { tool: 'htpasswd', packages: ['apache2-utils'], groups: ['testbed'] },
  { tool: 'nginx', packages: ['nginx-light', 'nginx'], groups: ['testbed', 'agent-image'] },
  { tool: 'tini', packages: ['tini'], groups: ['testbed'] },
  { tool: 'sudo', packages: ['sudo'], groups: ['testbed'] },
  { tool: 'mkfs.ext4', packages: ['e2fsprogs'], groups: ['testbed'] },
  { tool: 'ps', packages: ['procps'], groups: ['testbed'] },
  { tool: 'unshare', packages: ['util-linux'], groups: ['testbed'] },
  { tool: 'nsenter', packages: ['util-linux'], groups: ['testbed', 'agent-image'] },
  { tool: 'ip', packages: ['iproute2'], groups: ['testbed', 'agent-image'] },
  { tool: 'bridge', packages: ['iproute2'], groups: ['testbed', 'agent-image'] },
  { tool: 'tc', packages: ['iproute2'], groups: ['agent-image'] },
  { tool: 'nft', packages: ['nftables'], groups: ['testbed', 'agent-image'] },
  { tool: 'iptables', packages: ['iptables'], groups: ['testbed', 'agent-image'] },
  { tool: 'conntrack', packages: ['conntrack'], groups: ['testbed', 'agent-image'] },
  { tool: 'wg', packages: ['wireguard-tools'], groups: ['agent-image'] },
  { tool: 'busybox', packages: ['busybox', 'busybox-static'], groups: ['testbed', 'agent-image'] },
  { tool: 'chromium', packages: ['chromium'], groups: ['browser'] },
  { tool: 'Xvfb', packages: ['xvfb'], groups: ['electron'] },
  { tool: 'etcd', packages: ['etcd-server'], groups: ['etcd'] },
  { tool: 'etcdctl', packages: ['etcd-client'], groups: ['etcd'] },
];

/**
 * @param {readonly string[]} names Groups or tools; none means everything
 * @returns {Requirement[]}
 */
function wanted(names) {
  const known = new Set(REQUIREMENTS.flatMap(({ tool, groups }) => [tool, ...groups]));
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length > 0) throw new Error(`No tool or group is called ${unknown.join(', ')}`);
  return REQUIREMENTS.filter(
    ({ tool, groups }) => names.length === 0 || names.includes(tool) || groups.some((group) => names.includes(group)),
  );
}

/**
 * The requirements this computer does not meet.
 * @param {readonly string[]} [names] Groups or tools; none means everything
 */
export function missingRequirements(names = []) {
  return wanted(names).filter(({ tool }) => findProgram(tool) === undefined);
}

/**
 * Makes sure the tools are there. As root on a Debian-like system it installs what is missing; anywhere else, or when
 * apt-get fails, it changes nothing and the outcome says what is missing, which groups are skipped, and why.
 * @param {readonly string[]} [names] Groups (testbed, agent-image, browser, electron, etcd) or tools; none means everything
 * @param {(line: string) => void} [report] Takes progress lines
 * @returns {Outcome}
 */
export function ensureSystemPackages(names = [], report = (line) => console.error(line)) {
  const missing = missingRequirements(names);
  if (missing.length === 0) return { installed: [], missing, skippedGroups: [] };
  if (findProgram('apt-get') === undefined) return skipped(missing, 'this is not a Debian-like system');
  if (process.getuid?.() !== 0) return skipped(missing, 'only root can install packages');
  const update = apt(['update']);
  if (update !== undefined) return skipped(missing, `apt-get update failed: ${update}`);
  const packages = [...new Set(missing.map(({ packages: candidates }) => availablePackage(candidates)))];
  report(`installing ${packages.length} Debian packages: ${packages.join(' ')}`);
  const failure = withoutStartingServices(() => apt(['install', '--no-install-recommends', ...packages]));
  if (failure !== undefined) return skipped(missingRequirements(names), `apt-get install failed: ${failure}`);
  disableServices(packages);
  const still = missingRequirements(names);
  return still.length === 0
    ? { installed: packages, missing: [], skippedGroups: [] }
    : { ...skipped(still, 'the packages do not hold them'), installed: packages };
}

/** @param {Requirement[]} missing @param {string} reason @returns {Outcome} */
function skipped(missing, reason) {
  return { installed: [], missing, skippedGroups: [...new Set(missing.flatMap(({ groups }) => groups))], reason };
}

/**
 * An outcome as sentences for the console.
 * @param {Outcome} outcome
 * @returns {string[]}
 */
export function describeOutcome({ installed, missing, skippedGroups, reason }) {
  const lines = installed.length > 0 ? [`installed ${installed.join(' ')}`] : [];
  if (missing.length === 0) return [...lines, 'all system tools are there'];
  const list = missing.map(({ tool, packages }) => `${tool} (package ${packages[0]})`).join(', ');
  const titles = skippedGroups.map((group) => GROUP_TITLES[group]).join('; ');
  return [...lines, `missing: ${list}, because ${reason}`, `skipped without them: ${titles}`];
}

/** Runs apt-get quietly. @param {string[]} args @returns {string | undefined} The last line of its complaint */
function apt(args) {
  const { status, stderr } = spawnSync('apt-get', ['-qq', '-y', '-o', 'DPkg::Lock::Timeout=300', ...args], {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return status === 0 ? undefined : (stderr.trim().split('\n').at(-1) ?? `exit code ${status}`);
}

/** @param {string[]} candidates */
function availablePackage(candidates) {
  const known = candidates.find((name) => {
    const { stdout } = spawnSync('apt-cache', ['policy', name], {
      encoding: 'utf8',
      env: { LC_ALL: 'C', PATH: '/usr/bin' },
    });
    return /Candidate: (?!\(none\))/.test(stdout);
  });
  return known ?? candidates[0] ?? '';
}

/**
 * Packages start their services when installed unless policy-rc.d forbids it (Debian policy 9.3.3.1): the tests want
 * the programs only. An administrator's own policy file is left alone.
 * @template T
 * @param {() => T} install
 * @returns {T}
 */
function withoutStartingServices(install) {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return install();
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return install();
  } finally {
    rmSync(policy, { force: true });
  }
}

/** Keeps the services of packages that we installed from starting at the next boot. @param {string[]} packages */
function disableServices(packages) {
  if (!existsSync('/run/systemd/system')) return;
  /** @type {Record<string, string[]>} */
  const units = {
    'docker.io': ['docker.service', 'docker.socket', 'containerd.service'],
    'openssh-server': ['ssh.service', 'ssh.socket'],
    'docker-registry': ['docker-registry.service'],
    'nginx-light': ['nginx.service'],
    nginx: ['nginx.service'],
    nftables: ['nftables.service'],
    'etcd-server': ['etcd.service'],
  };
  for (const unit of packages.flatMap((name) => units[name] ?? []))
    spawnSync('systemctl', ['disable', '--quiet', unit]);
}

/** @param {string} script @returns {boolean} */
function worksInNamespaces(script) {
  const namespaces = ['--mount', '--uts', '--ipc', '--pid', '--net', '--cgroup', '--fork', '--propagation', 'private'];
  return spawnSync('unshare', [...namespaces, 'sh', '-ec', script], { stdio: 'ignore' }).status === 0;
}

/**
 * Why the testbed cannot run here, as one sentence, or undefined when it can. Tries the kernel features it needs in
 * throw-away namespaces; changes nothing.
 * @returns {string | undefined}
 */
export function testbedUnsupportedReason() {
  if (process.platform !== 'linux') return 'The testbed needs Linux.';
  if (process.getuid?.() !== 0) return 'The testbed needs root, to make namespaces, networks and mounts.';
  const missing = missingRequirements(['testbed']);
  if (missing.length > 0) {
    return `The testbed needs ${missing.map(({ tool, packages }) => `${tool} (package ${packages[0]})`).join(', ')}.`;
  }
  if (!worksInNamespaces('true'))
    return 'The testbed needs unshare(2) with all namespaces, which this kernel or container refuses.';
  if (!worksInNamespaces('ip link add probe0 type veth peer name probe1 && ip link add probe2 type bridge')) {
    return 'The testbed needs virtual Ethernet pairs and bridges, which this kernel lacks.';
  }
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '));
  if (!mounts.some(([, , type]) => type === 'cgroup' || type === 'cgroup2'))
    return 'The testbed needs /sys/fs/cgroup mounted.';
  const apart = mounts.map(([, path]) => path ?? '').find((path) => ['/usr', '/etc', '/var'].includes(path));
  if (apart !== undefined)
    return `The testbed shares the root file system with its machines, but ${apart} is mounted apart.`;
  const scratch = mkdtempSync(join(tmpdir(), 'wheelhouse-probe-'));
  try {
    const disk =
      'truncate -s 8M disk && mkfs.ext4 -q disk && mkdir mnt root && mount -o loop disk mnt && mkdir mnt/upper mnt/work';
    if (!worksInNamespaces(`cd ${scratch} && ${disk}`))
      return 'The testbed needs loop devices, which are not to be had here.';
    rmSync(join(scratch, 'root'), { recursive: true, force: true });
    rmSync(join(scratch, 'mnt'), { recursive: true, force: true });
    const overlay = 'mount -t overlay probe -o lowerdir=/,upperdir=mnt/upper,workdir=mnt/work root && test -d root/usr';
    if (!worksInNamespaces(`cd ${scratch} && ${disk} && ${overlay}`)) {
      return 'The testbed needs overlay mounts over the root file system, which this kernel or container refuses.';
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return undefined;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) {
  const outcome = ensureSystemPackages(process.argv.slice(2));
  for (const line of describeOutcome(outcome)) console.log(line);
  const unsupported = outcome.skippedGroups.includes('testbed') ? undefined : testbedUnsupportedReason();
  if (unsupported !== undefined) console.log(`the testbed is skipped: ${unsupported}`);
}
