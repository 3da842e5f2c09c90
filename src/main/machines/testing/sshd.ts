import { spawn, type ChildProcess } from 'node:child_process';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, connect, type AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SSHD = '/usr/sbin/sshd';

/** Why these tests cannot run here, if they cannot. */
export const sshdMissing = existsSync(SSHD) ? undefined : `${SSHD} is not installed (package openssh-server)`;

/** A real sshd on a loopback port, with its own keys and configuration in a throw-away folder. */
export class TestSshd {
  readonly user = userInfo().username;
  #process: ChildProcess | undefined;

  private constructor(
    readonly dir: string,
    readonly port: number,
  ) {}

  static async start(extraConfig = ''): Promise<TestSshd> {
    const dir = await mkdtemp(join(tmpdir(), 'wh-sshd-'));
    const sshd = new TestSshd(dir, await freePort());
    await sshd.newHostKey();
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test@laptop', '-f', join(dir, 'id')]);
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'open sesame', '-f', join(dir, 'locked')]);
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(dir, 'stranger')]);
    const authorized = (await sshd.read('id.pub')) + (await sshd.read('locked.pub'));
    await writeFile(join(dir, 'authorized_keys'), authorized, { mode: 0o600 });
    const config = [
      `Port ${sshd.port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${join(dir, 'host')}`,
      `AuthorizedKeysFile ${join(dir, 'authorized_keys')}`,
      `PidFile ${join(dir, 'pid')}`,
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin yes',
      extraConfig,
    ];
    await writeFile(join(dir, 'config'), `${config.join('\n')}\n`);
    await sshd.up();
    return sshd;
  }

  /** Starts the daemon and waits until it listens. */
  async up(): Promise<void> {
    // sshd refuses to start without its privilege separation folder.
    if (process.getuid?.() === 0) await run('mkdir', ['-p', '/run/sshd']);
    this.#process = spawn(SSHD, ['-D', '-e', '-f', join(this.dir, 'config')], { stdio: 'ignore' });
    while (!(await this.#listens())) {
      if (this.#process.exitCode !== null) throw new Error(`sshd ended with ${this.#process.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Ends the daemon and every connection it serves. */
  async down(): Promise<void> {
    const daemon = this.#process;
    if (daemon?.pid === undefined || daemon.exitCode !== null) return;
    // The sessions are children of the daemon; they are ended one by one, by their id.
    const children = await run('pgrep', ['-P', String(daemon.pid)]).then(
      ({ stdout }) =>
        stdout
          .split('\n')
          .filter((line) => line !== '')
          .map(Number),
      () => [],
    );
    const ended = new Promise((resolve) => daemon.once('exit', resolve));
    daemon.kill('SIGKILL');
    for (const pid of children) process.kill(pid, 'SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    await this.down();
    await rm(this.dir, { recursive: true, force: true });
  }

  /** Gives the machine another host key, as after a reinstallation; takes effect at the next start. */
  async newHostKey(): Promise<void> {
    await rm(join(this.dir, 'host'), { force: true });
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(this.dir, 'host')]);
  }

  /** As OpenSSH itself prints it. */
  async hostFingerprint(): Promise<string> {
    const { stdout } = await run('ssh-keygen', ['-lf', join(this.dir, 'host.pub')]);
    return stdout.split(' ')[1] ?? '';
  }

  /** A known_hosts line for this server. */
  async knownHostsLine(): Promise<string> {
    const [type, key] = (await this.read('host.pub')).split(' ');
    return `[127.0.0.1]:${this.port} ${type} ${key}\n`;
  }

  read(file: string): Promise<string> {
    return readFile(join(this.dir, file), 'utf8');
  }

  #listens(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1');
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
  }
}

/** A loopback port that nothing listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
