// One machine of a testbed: its folder, its processes, and the ways into it.
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readFile, readdir, readlink, truncate, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import {
  asCgroupRoot,
  destroyCgroup,
  hostHierarchies,
  joinFiles,
  killIfAlive,
  makeCgroup,
  namespacePids,
  pidsIn,
} from './cgroups.ts';
import { plugIn } from './fabric.ts';
import { fingerprintOf, makeKey } from './identities.ts';
import { addressesIn, layoutOf } from './layout.ts';
import { joining, run, runToEnd, startDetached, type CommandResult } from './processes.ts';
import { greetingOf } from './services.ts';
import { until } from './wait.ts';

/** Enough to find a machine again: the testbed's folder and the machine's name in it. */
export interface MachineRef {
  readonly testbed: string;
  readonly name: string;
}

/** What a machine is made with. */
export interface MachineSpec extends MachineRef {
  readonly address: string;
  /** False: no trace of Docker on the machine. */
  readonly docker: boolean;
  readonly diskBytes: number;
  readonly authorizedKeys: string;
  readonly insecureRegistries: readonly string[];
}

const HOST_KEY = 'etc/ssh/ssh_host_ed25519_key';
const PROJECT = join(import.meta.dirname, '../..');
const DOCKER_PROGRAMS = [
  'docker',
  'dockerd',
  'docker-init',
  'docker-proxy',
  'containerd',
  'containerd-shim',
  'containerd-shim-runc-v1',
  'containerd-shim-runc-v2',
  'ctr',
  'runc',
];
/** Debian's own settings, but with keyboard-interactive logins on. */
const SSHD_CONFIG = `HostKey /${HOST_KEY}
PermitRootLogin prohibit-password
KbdInteractiveAuthentication yes
UsePAM yes
UseDNS no
PrintMotd no
AcceptEnv LANG LC_*
Subsystem sftp /usr/lib/openssh/sftp-server
`;

const folderOf = ({ testbed, name }: MachineRef) => join(layoutOf(testbed).machines, name);

/** True where containers could not be given this capability: then machines need runc-wrapper.sh. */
async function lacksSysResource(): Promise<boolean> {
  const bounding = /^CapBnd:\s*(\w+)/m.exec(await readFile('/proc/self/status', 'utf8'))?.[1] ?? '0';
  const CAP_SYS_RESOURCE = 24n;
  return ((BigInt(`0x${bounding}`) >> CAP_SYS_RESOURCE) & 1n) === 0n;
}

/** Makes a machine's folder: an empty disk, and the files its root begins with. */
export async function prepareMachine(spec: MachineSpec): Promise<void> {
  const folder = folderOf(spec);
  const seed = join(folder, 'seed');
  for (const name of ['disk', 'root', 'seed/etc/ssh', 'seed/etc/docker', 'seed/root/.ssh', 'seed/usr/local/sbin']) {
    await mkdir(join(folder, name), { recursive: true });
  }
  await chmod(join(seed, 'root'), 0o700);
  await writeFile(join(folder, 'disk.img'), '');
  await truncate(join(folder, 'disk.img'), spec.diskBytes);
  await run(['mkfs.ext4', '-q', '-m', '0', '-E', 'lazy_itable_init=1,lazy_journal_init=1', join(folder, 'disk.img')]);
  const { host } = addressesIn(spec.address.split('.').slice(0, 3).join('.'));
  const daemon = { 'insecure-registries': spec.insecureRegistries, 'storage-driver': 'overlay2' };
  const files: Record<string, string> = {
    'etc/hostname': `${spec.name}\n`,
    'etc/hosts': `127.0.0.1\tlocalhost\n127.0.1.1\t${spec.name}\n::1\tlocalhost ip6-localhost ip6-loopback\n`,
    'etc/resolv.conf': `nameserver ${host}\n`,
    'etc/ssh/sshd_config': SSHD_CONFIG,
    'root/.ssh/authorized_keys': spec.authorizedKeys,
    ...(spec.docker ? { 'etc/docker/daemon.json': `${JSON.stringify(daemon, null, 2)}\n` } : {}),
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(seed, name), content);
  await chmod(join(seed, 'root/.ssh'), 0o700);
  await makeKey(join(seed, HOST_KEY), `root@${spec.name}`);
  if (spec.docker && (await lacksSysResource())) {
    await copyFile(join(import.meta.dirname, 'runc-wrapper.sh'), join(seed, 'usr/local/sbin/runc'));
    await chmod(join(seed, 'usr/local/sbin/runc'), 0o755);
  }
  const hidden = spec.docker ? [] : DOCKER_PROGRAMS.flatMap((name) => [`/usr/bin/${name}`, `/usr/sbin/${name}`]);
  await writeFile(join(folder, 'hidden.json'), JSON.stringify([PROJECT, ...hidden]));
}

/** Switches a machine on and plugs it in; resolves when sshd and (where it has one) dockerd answer. */
export async function powerOn(ref: MachineRef, address: string, docker: boolean): Promise<void> {
  const layout = layoutOf(ref.testbed);
  const folder = folderOf(ref);
  await makeCgroup(layout.cgroup, ref.name);
  const namespaces = ['--mount', '--uts', '--ipc', '--pid', '--net', '--fork', '--kill-child'];
  const hierarchies = hostHierarchies().map(({ options, version }) => `${options}=${version}`);
  const hidden = JSON.parse(await readFile(join(folder, 'hidden.json'), 'utf8')) as string[];
  const boot = [
    'bash',
    join(import.meta.dirname, 'machine-boot.sh'),
    folder,
    import.meta.dirname,
    ...hierarchies,
    '--',
    ...hidden,
  ];
  const log = join(layout.logs, `${ref.name}.log`);
  const unshare = ['unshare', ...namespaces, '--propagation', 'private', ...boot];
  startDetached(await asCgroupRoot(layout.cgroup, ref.name, unshare), log);
  try {
    const pid = await until(`${ref.name} to begin booting`, () => findInit(ref), { everyMs: 5 });
    await plugIn(layout, ref.name, address, pid);
    const booted = async () => {
      if (existsSync(`/proc/${pid}/root/run/testbed-accounts`)) return 'up';
      return existsSync(`/proc/${pid}`) ? undefined : 'dead';
    };
    if ((await until(`${ref.name} to boot`, booted)) === 'dead') throw new Error('its process 1 ended');
    await waitForSsh(address);
    if (docker) await waitForDocker(ref);
  } catch (error) {
    const said = (await readFile(log, 'utf8')).trim().split('\n').slice(-5).join('\n');
    throw new Error(`${ref.name} did not start: ${said || 'it said nothing'}`, { cause: error });
  }
}

/** Ends all of a machine's processes at once, as pulling the plug does; its disk stays. */
export async function powerOff(ref: MachineRef): Promise<void> {
  await destroyCgroup(layoutOf(ref.testbed).cgroup, ref.name);
  const image = join(folderOf(ref), 'disk.img');
  await until(`the disk of ${ref.name} to be let go`, async () => !(await loopFiles()).includes(image));
}

/** The files behind this computer's loop devices. */
async function loopFiles(): Promise<string[]> {
  const loops = (await readdir('/sys/block')).filter((name) => name.startsWith('loop'));
  const files = loops.map((name) => readFile(`/sys/block/${name}/loop/backing_file`, 'utf8').catch(() => ''));
  return (await Promise.all(files)).map((file) => file.trim());
}

/** The machine's process 1 by its id on this computer; undefined while it is off. */
async function findInit(ref: MachineRef): Promise<number | undefined> {
  const [depth, pids] = await Promise.all([namespacePids(process.pid), pidsIn(layoutOf(ref.testbed).cgroup, ref.name)]);
  for (const pid of pids) {
    const ids = await namespacePids(pid);
    if (ids.length === depth.length + 1 && ids.at(-1) === 1) return pid;
  }
  return undefined;
}

/** Whether the machine is on. */
export async function isRunning(ref: MachineRef): Promise<boolean> {
  return (await findInit(ref)) !== undefined;
}

/** The id, on this computer, of the machine's process 1. Changes with every reboot. Rejects when it is off. */
export async function initPid(ref: MachineRef): Promise<number> {
  const pid = await findInit(ref);
  if (pid === undefined) throw new Error(`${ref.name} is off`);
  return pid;
}

/** The id of the process whose end ends the machine (`unshare`, on this computer's side). */
export async function supervisorPid(ref: MachineRef): Promise<number> {
  const pid = await initPid(ref);
  const parent = /^PPid:\s*(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(parent);
}

/** Runs a command in the machine, as root, in all its namespaces and cgroups. Resolves whatever its exit code. */
export async function execIn(
  ref: MachineRef,
  argv: readonly string[],
  options: { input?: string } = {},
): Promise<CommandResult> {
  const pid = await initPid(ref);
  const enter = ['nsenter', '-t', `${pid}`, '-m', '-u', '-i', '-n', '-p', '-C', '--', ...argv];
  return runToEnd(joining(await joinFiles(layoutOf(ref.testbed).cgroup, ref.name), enter), options);
}

/** Like `execIn`, for commands that must succeed; resolves with what it printed. */
export async function runIn(ref: MachineRef, argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await execIn(ref, argv);
  if (code !== 0) throw new Error(`${argv.join(' ')} on ${ref.name} ended with ${code}: ${(stderr || stdout).trim()}`);
  return stdout;
}

/** The machine's Docker socket as a path on this computer. Changes with every reboot. */
export async function machineDockerSocket(ref: MachineRef): Promise<string> {
  return `/proc/${await initPid(ref)}/root/run/docker.sock`;
}

/** The fingerprint of the host key the machine shows now, in OpenSSH's form. */
export async function hostKeySha256(ref: MachineRef): Promise<string> {
  const pid = await findInit(ref);
  // A machine that is off shows the key it was made with: changing it takes a running one.
  const root = pid === undefined ? join(folderOf(ref), 'seed') : `/proc/${pid}/root`;
  return fingerprintOf(await readFile(join(root, `${HOST_KEY}.pub`), 'utf8'));
}

/** Gives the machine a new host key (its sshd must be restarted to show it). */
export async function renewHostKey(ref: MachineRef): Promise<void> {
  await runIn(ref, ['rm', '-f', `/${HOST_KEY}`, `/${HOST_KEY}.pub`]);
  await runIn(ref, ['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', `root@${ref.name}`, '-f', `/${HOST_KEY}`]);
}

/** Ids of sshd's processes on the machine, listener and sessions, on this computer's side. */
export async function sshdPids(ref: MachineRef): Promise<number[]> {
  const pids = await pidsIn(layoutOf(ref.testbed).cgroup, ref.name);
  const programs = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/exe`).catch(() => '')));
  return pids.filter((_, index) => programs[index]?.endsWith('/sshd'));
}

/** Kills processes that one of the functions above named. */
export function killAll(pids: readonly number[]): void {
  for (const pid of pids) killIfAlive(pid);
}

/** Resolves when sshd greets. */
export async function waitForSsh(address: string): Promise<void> {
  await until(`sshd on ${address}`, async () => (await greetingOf(address, 22, true)).startsWith('SSH-2.0-'));
}

/** Resolves when dockerd answers a ping. */
export async function waitForDocker(ref: MachineRef): Promise<void> {
  const socketPath = await machineDockerSocket(ref);
  const ping = () =>
    new Promise<boolean>((resolve, reject) => {
      const call = request({ socketPath, path: '/_ping', timeout: 2000 }, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      });
      call.on('timeout', () => call.destroy(new Error('no answer')));
      call.on('error', reject);
      call.end();
    });
  await until(`dockerd on ${ref.name}`, ping, { timeoutMs: 60_000 });
}
