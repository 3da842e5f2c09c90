import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectEtcd, type EtcdClient } from './client.ts';

/** Why no etcd can be started here, as one sentence; undefined when it can. */
export const etcdMissing: string | undefined =
  spawnSync('etcd', ['--version'], { stdio: 'ignore' }).status === 0
    ? undefined
    : 'there is no etcd here (Debian package etcd-server)';

/** An etcd of its own for a test: loopback, free ports, a directory that goes away. */
export class TestEtcd {
  #child: ChildProcess | undefined;

  private constructor(
    private readonly dir: string,
    private readonly clientPort: number,
    private readonly peerPort: number,
  ) {}

  static async start(): Promise<TestEtcd> {
    const dir = await mkdtemp(join(tmpdir(), 'wheelhouse-etcd-'));
    const [clientPort, peerPort] = await freePorts();
    const etcd = new TestEtcd(dir, clientPort, peerPort);
    await etcd.run();
    return etcd;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.clientPort}`;
  }

  /** Starts the process, again after `kill`, and resolves when it answers. */
  async run(): Promise<void> {
    const peer = `http://127.0.0.1:${this.peerPort}`;
    const args = [
      ...['--data-dir', this.dir, '--log-level', 'error', '--logger', 'zap'],
      ...['--listen-client-urls', this.endpoint, '--advertise-client-urls', this.endpoint],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`],
    ];
    this.#child = spawn('etcd', args, {
      stdio: 'ignore',
      env: { ...process.env, ETCD_UNSUPPORTED_ARCH: process.arch },
    });
    const client = await this.client();
    try {
      for (;;) {
        if (this.#child.exitCode !== null) throw new Error(`etcd ended with ${this.#child.exitCode}`);
        const answered = await client.range({ key: Buffer.from('/') }).then(
          () => true,
          () => false,
        );
        if (answered) return;
        await sleep(20);
      }
    } finally {
      client.close();
    }
  }

  client(): Promise<EtcdClient> {
    return connectEtcd({ endpoints: [this.endpoint] }, Date);
  }

  /** Ends it as `kill -9` does; the data stays. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  async dispose(): Promise<void> {
    await this.kill();
    await rm(this.dir, { recursive: true, force: true });
  }
}

/** Two ports nobody listens on, found by listening on both at once. */
async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()];
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ports.push((server.address() as AddressInfo).port);
  }
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  return [ports[0] ?? 0, ports[1] ?? 0];
}
