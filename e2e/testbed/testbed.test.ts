import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, readdir, readlink, rm, stat } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, type ConnectConfig } from 'ssh2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildAgentImages } from '../../scripts/agent-image.mjs';
import { testbedUnsupportedReason } from '../../scripts/system-packages.mjs';
import {
  changeHostKey,
  cutLink,
  fillDisk,
  freeDisk,
  killDockerd,
  rebootMachine,
  restartDockerd,
  restartSshd,
  restoreLink,
  setClockOffset,
  setHostname,
  startDockerd,
} from './faults.ts';
import { layoutOf } from './layout.ts';
import { execIn, hostKeySha256, initPid, isRunning, machineDockerSocket, runIn, supervisorPid } from './machine.ts';
import { downTestbed, testbedStatus, upTestbed, type TestbedMachine, type TestbedStatus } from './testbed.ts';
import { until } from './wait.ts';

const unsupported = testbedUnsupportedReason();

/** Connects with ssh2; resolves with what a command printed, and the SHA256 of the host key that was shown. */
async function ssh(
  machine: TestbedMachine,
  command: string,
  login: Partial<ConnectConfig>,
): Promise<{ out: string; key: string }> {
  const client = new Client();
  let key = '';
  const finished = new Promise<{ out: string; key: string }>((resolve, reject) => {
    client.on('error', reject);
    client.on('keyboard-interactive', (_name, _instructions, _language, prompts, answer) => {
      answer(prompts.map(() => String(login.username)));
    });
    client.on('ready', () => {
      client.exec(command, (error, channel) => {
        if (error) return reject(error);
        let out = '';
        channel.on('data', (chunk: Buffer) => (out += chunk.toString()));
        channel.stderr.on('data', (chunk: Buffer) => (out += chunk.toString()));
        channel.on('close', () => resolve({ out: out.trim(), key }));
      });
    });
  });
  client.connect({
    host: machine.address,
    port: machine.port,
    readyTimeout: 10_000,
    hostHash: 'sha256',
    hostVerifier: (hash: string) => {
      key = `SHA256:${Buffer.from(hash, 'hex').toString('base64').replace(/=+$/, '')}`;
      return true;
    },
    ...login,
  });
  return finished.finally(() => client.end());
}

const asRoot = async ({ identityFile }: TestbedMachine) => ({
  username: 'root',
  privateKey: await readFile(identityFile),
});

/** Everything on this computer that names the testbed in `dir`, or lives in one of the given network namespaces. */
async function traces(dir: string, namespaces: readonly string[]): Promise<string[]> {
  const { id, hostLink, cgroup } = layoutOf(dir);
  const found: string[] = [];
  if (networkInterfaces()[hostLink]) found.push(`link ${hostLink}`);
  if (existsSync(dir)) found.push(`folder ${dir}`);
  const mounts = await readFile('/proc/self/mounts', 'utf8');
  found.push(...mounts.split('\n').filter((line) => line.includes(dir) || line.includes(id)));
  const hierarchies = await readdir('/sys/fs/cgroup');
  found.push(...hierarchies.filter((name) => existsSync(join('/sys/fs/cgroup', name, cgroup))));
  for (const loop of (await readdir('/sys/block')).filter((name) => name.startsWith('loop'))) {
    const file = await readFile(`/sys/block/${loop}/loop/backing_file`, 'utf8').catch(() => '');
    if (file.startsWith(dir)) found.push(`${loop} on ${file}`);
  }
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    const [command, network] = await Promise.all([
      readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
      readlink(`/proc/${pid}/ns/net`).catch(() => ''),
    ]);
    if (command.includes(dir) || namespaces.includes(network)) found.push(`process ${pid} ${command}`);
  }
  return found;
}

const networkOf = async (machine: TestbedMachine) => readlink(`/proc/${await initPid(machine)}/ns/net`);

describe.skipIf(unsupported !== undefined)(`the testbed${unsupported === undefined ? '' : ` (${unsupported})`}`, () => {
  let dir: string;
  let scratch: string;
  let testbed: TestbedStatus;
  let first: TestbedMachine;
  let second: TestbedMachine;
  let bare: TestbedMachine;

  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'wheelhouse-test-'));
    dir = `/var/lib/${scratch.split('/').at(-1)}`;
    testbed = await upTestbed({ machines: 3, dir, withoutDocker: ['wh-3'] });
    [first, second, bare] = testbed.machines as [TestbedMachine, TestbedMachine, TestbedMachine];
  });
  afterAll(async () => {
    await downTestbed(dir);
    await rm(scratch, { recursive: true, force: true });
  });

  test('its machines answer over SSH, each with the host key and the name that status reports', async () => {
    for (const machine of testbed.machines) {
      expect(await ssh(machine, 'hostname', await asRoot(machine))).toEqual({
        out: machine.name,
        key: machine.hostKeySha256,
      });
    }
    expect(first.hostKeySha256).not.toBe(second.hostKeySha256);
  });

  test('its accounts log in by password, keyboard-interactive and passphrase, and a stranger does not', async () => {
    expect((await ssh(first, 'id -nG', { username: 'ops', password: 'ops' })).out).toBe('ops docker');
    expect((await ssh(first, 'id -un', { username: 'ops', tryKeyboard: true })).out).toBe('ops');
    const { identityFile, passphrase } = first.passphraseIdentity;
    const locked = { username: 'nodocker', privateKey: await readFile(identityFile) };
    expect((await ssh(first, 'docker version', { ...locked, passphrase })).out).toContain('permission denied');
    await expect(ssh(first, 'id', locked)).rejects.toThrow(/passphrase/);
    expect((await ssh(first, 'sudo -n id -un', { ...locked, passphrase, username: 'sudoer' })).out).toBe('root');
    const stranger = { username: 'root', privateKey: await readFile(first.strangerIdentityFile) };
    await expect(ssh(first, 'id', stranger)).rejects.toThrow('All configured authentication methods failed');
  });

  test('its machines run containers from the registries, privileged ones too', async () => {
    const busybox = `${testbed.registry}/busybox:1`;
    for (const machine of [first, second]) {
      expect(await runIn(machine, ['docker', 'run', '--rm', busybox, 'echo', 'hello'])).toBe('hello\n');
      const veth = 'ip link add probe0 type veth && ls /sys/class/net';
      expect(await runIn(machine, ['docker', 'run', '--rm', '--privileged', busybox, 'sh', '-c', veth])).toContain(
        'probe0\n',
      );
    }
    const guarded = `${testbed.privateRegistry.address}/private/nginx:1.22`;
    expect((await execIn(first, ['docker', 'pull', guarded])).stderr).toContain('no basic auth credentials');
    const { username, password, address } = testbed.privateRegistry;
    await runIn(first, ['docker', 'login', '-u', username, '-p', password, address]);
    expect(await runIn(first, ['docker', 'pull', '-q', guarded])).toContain(guarded);
    const unknown = await execIn(first, ['docker', 'pull', 'registry.invalid/x:1']);
    expect(unknown.stderr).toContain('no such host');
  });

  test('a machine made without Docker has none, and its network reaches the others', async () => {
    expect((await execIn(bare, ['sh', '-c', 'command -v docker dockerd runc'])).stdout).toBe('');
    expect((await execIn(bare, ['busybox', 'ping', '-c', '1', first.address])).code).toBe(0);
    expect(bare.docker).toBe(false);
  });

  test('the agent and pause images load, and carry the network tools of the agent', async () => {
    const { agent, pause } = await buildAgentImages(scratch);
    const images = { [agent.file]: agent, [pause.file]: pause };
    for (const [file, image] of Object.entries(images)) {
      const target = `/proc/${await initPid(first)}/root/var/tmp/${file}`;
      await copyFile(join(scratch, file), target);
      expect(await runIn(first, ['docker', 'load', '-i', `/var/tmp/${file}`])).toContain(`Loaded image: ${image.tag}`);
      expect(await runIn(first, ['docker', 'inspect', '-f', '{{.Id}}', image.tag])).toBe(`${image.id}\n`);
    }
    const script = `
      const run = (...argv) => require('child_process').execFileSync(argv[0], argv.slice(1), { encoding: 'utf8' });
      run('nft', 'add table ip probe'); run('nft', 'delete table ip probe');
      run('ip', 'link', 'show', 'eth0'); run('bridge', 'link'); run('tc', 'qdisc'); run('conntrack', '-L');
      run('iptables', '-C', 'FORWARD', '-j', 'DOCKER-USER');
      console.log(run('nsenter', '-t', '1', '-m', '-u', '--', 'hostname').trim(), run('nsenter', '--version').trim());`;
    const options = ['--rm', '--privileged', '--net', 'host', '--pid', 'host'];
    const out = await runIn(first, ['docker', 'run', ...options, agent.tag, '-e', script]);
    expect(out).toMatch(/^wh-1 nsenter from util-linux/);
    await runIn(first, ['docker', 'run', '-d', '--name', 'sandbox', '--net', 'none', pause.tag]);
    await runIn(first, ['docker', 'stop', 'sandbox']);
    expect(await runIn(first, ['docker', 'inspect', '-f', '{{.State.ExitCode}}', 'sandbox'])).toBe('0\n');
    const again = await stat(join(scratch, agent.file));
    await buildAgentImages(scratch);
    expect((await stat(join(scratch, agent.file))).mtimeMs).toBe(again.mtimeMs);
  });

  test('a cut link silences a machine until it is restored', async () => {
    const ping = async () =>
      (await execIn(first, ['busybox', 'ping', '-c', '1', '-W', '1', second.address])).code === 0;
    expect(await ping()).toBe(true);
    await cutLink(second);
    expect(await ping()).toBe(false);
    await restoreLink(second);
    await until('the link to carry again', ping);
  });

  test('restarting sshd ends its sessions', async () => {
    const session = ssh(first, 'sleep 600', await asRoot(first));
    const sleeping = async () => (await execIn(first, ['pgrep', '-x', '-f', 'sleep 600'])).code === 0;
    await until('the session to begin', sleeping);
    await restartSshd(first);
    await session.catch((error: unknown) => expect(error).toBeInstanceOf(Error));
    expect((await ssh(first, 'id -un', await asRoot(first))).out).toBe('root');
  });

  test('dockerd can be restarted, and killed and started', async () => {
    const pid = () => runIn(first, ['cat', '/run/docker.pid']);
    const before = await pid();
    await restartDockerd(first);
    const after = await pid();
    expect(after).not.toBe(before);
    await killDockerd(first);
    expect((await execIn(first, ['docker', 'ps'])).code).not.toBe(0);
    await startDockerd(first);
    expect((await execIn(first, ['docker', 'ps'])).code).toBe(0);
  });

  test('a reboot keeps the disk, images and host key, and loses /run and what ran', async () => {
    const name = ['docker', 'inspect', '-f', '{{.State.Status}}', 'survivor'];
    await runIn(second, ['docker', 'run', '-d', '--name', 'survivor', `${testbed.registry}/pause:1`]);
    await runIn(second, ['touch', '/run/gone', '/root/kept']);
    const socket = await machineDockerSocket(second);
    await rebootMachine(second);
    expect(await machineDockerSocket(second)).not.toBe(socket);
    expect((await execIn(second, ['ls', '/run/gone', '/root/kept'])).stdout).toBe('/root/kept\n');
    expect(await runIn(second, name)).toBe('exited\n');
    expect((await ssh(second, 'true', await asRoot(second))).key).toBe(second.hostKeySha256);
  });

  test('a changed host key is shown and reported', async () => {
    await changeHostKey(second);
    const { key } = await ssh(second, 'true', await asRoot(second));
    expect(key).not.toBe(second.hostKeySha256);
    expect(await hostKeySha256(second)).toBe(key);
    expect((await testbedStatus(dir))?.machines[1]?.hostKeySha256).toBe(key);
  });

  test('a full disk, a wrong clock and a clashing name show on the machine and can be undone', async () => {
    const free = async () => Number(await runIn(first, ['sh', '-c', 'df -k --output=avail / | tail -1']));
    const before = await free();
    await fillDisk(first);
    expect(await free()).toBeLessThan(20 * 1024);
    expect((await execIn(first, ['fallocate', '-l', '1G', '/root/more'])).stderr).toContain('No space left on device');
    await runIn(first, ['rm', '-f', '/root/more']);
    await freeDisk(first);
    expect(await free()).toBeGreaterThan(before - 64 * 1024);

    const ahead = async () =>
      Number((await ssh(first, 'echo $(($(date +%s) - $(/bin/date +%s)))', await asRoot(first))).out);
    await setClockOffset(first, 3600);
    expect(Math.round((await ahead()) / 10)).toBe(360);
    await setClockOffset(first, 0);
    expect(await ahead()).toBe(0);

    await setHostname(first, second.name);
    expect((await ssh(first, 'hostname', await asRoot(first))).out).toBe(second.name);
    await setHostname(first, first.name);
  });

  test('an interrupted up leaves nothing', async () => {
    const other = `${dir}-interrupted`;
    const interruption = new AbortController();
    const up = upTestbed({ machines: 1, dir: other, signal: interruption.signal });
    await until('the network of the second testbed', () => networkInterfaces()[layoutOf(other).hostLink]);
    interruption.abort(new Error('interrupted'));
    await expect(up).rejects.toThrow('interrupted');
    expect(await traces(other, [])).toEqual([]);
  });

  test('a second testbed cannot come up in the same folder', async () => {
    await expect(upTestbed({ machines: 1, dir })).rejects.toThrow('already up');
    expect(await isRunning(first)).toBe(true);
  });

  // Last: it takes the testbed away, after killing one machine's supervisor as a crash would.
  test('down leaves nothing behind, not even of a machine whose supervisor was killed', async () => {
    const namespaces = await Promise.all(testbed.machines.map(networkOf));
    await runIn(first, ['docker', 'run', '-d', '--name', 'paused', `${testbed.registry}/pause:1`]);
    await runIn(first, ['docker', 'pause', 'paused']);
    process.kill(await supervisorPid(second), 'SIGKILL');
    await until('the machine to end with its supervisor', async () => !(await isRunning(second)));
    expect((await testbedStatus(dir))?.machines.map(({ running }) => running)).toEqual([true, false, true]);
    expect(await traces(dir, namespaces)).not.toEqual([]);
    await downTestbed(dir);
    expect(await traces(dir, namespaces)).toEqual([]);
    expect(await testbedStatus(dir)).toBeUndefined();
    await downTestbed(dir);
  });
});
