import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { buildAgentImages } from '../../scripts/agent-image.mjs';
import type { TestbedMachine } from '../testbed/testbed.ts';
import { isNotFound } from '../../src/shared/api/errors.ts';
import { MACHINES, NODES, SECRETS } from '../../src/shared/api/kinds.ts';
import { SSH_SECRET_TYPE, type Machine, type MachineSpec, type MachineStatus } from '../../src/shared/api/machine.ts';
import { Informer } from '../../src/shared/client/informer.ts';
import { startTestServer, type TestServer } from '../../src/main/apiserver/testing/test-server.ts';
import { startMachines, type Machines, type MachinesDeps } from '../../src/main/machines/index.ts';
import { TEST_AGENT } from './test-agent.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const imageCache = join(root, 'node_modules/.cache/wheelhouse-agent-image');

/** A real API server with the machines of it: what a test of joining needs but the machines themselves. */
export class MachinesFixture {
  readonly #informer: Informer<Machine>;
  readonly #onLog = new Set<() => void>();
  #machines: Machines | undefined;

  private constructor(
    readonly api: TestServer,
    readonly dir: string,
    readonly deps: MachinesDeps,
    readonly logged: string[],
    private readonly time: { offsetMs: number; onLog: () => void },
  ) {
    time.onLog = () => this.#onLog.forEach((look) => look());
    this.#informer = new Informer(api.client, MACHINES);
  }

  static async start(changes: Partial<MachinesDeps> = {}): Promise<MachinesFixture> {
    const api = await startTestServer();
    const dir = await mkdtemp(join(tmpdir(), 'wh-machines-'));
    const images = await buildAgentImages(imageCache);
    const bundle = join(dir, 'agent.cjs');
    await writeFile(bundle, TEST_AGENT);
    const logged: string[] = [];
    const time = { offsetMs: 0, onLog: (): void => undefined };
    const log = (fields: object, message: string): void => {
      logged.push(`${message} ${inspect(fields, { depth: 6 })}`);
      time.onLog();
    };
    const deps: MachinesDeps = {
      client: api.client,
      clock: { now: () => Date.now() + time.offsetMs },
      log: { debug: log, info: log, warn: log, error: log },
      random: Math.random,
      issueNodeCertificate: async (nodeName) => ({
        ...(await api.pki.issueClientCertificate({
          commonName: `system:node:${nodeName}`,
          organizations: ['system:nodes'],
        })),
        ca: api.pki.caCertificate,
      }),
      onApiConnection: (stream) => api.server.handleConnection(stream),
      artifacts: {
        agentImage: () => Promise.resolve({ path: join(imageCache, images.agent.file), reference: images.agent.tag }),
        pauseImage: () => Promise.resolve({ path: join(imageCache, images.pause.file), reference: images.pause.tag }),
        agentBundle: async () => ({
          path: bundle,
          version: createHash('sha256')
            .update(await readFile(bundle))
            .digest('hex')
            .slice(0, 12),
        }),
      },
      clusterId: 'test-cluster',
      apiServerName: 'kubernetes',
      knownHostsFiles: [],
      defaultIdentityFiles: [],
      clusterNetwork: { podCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16', backend: 'vxlan' },
      ...changes,
    };
    const fixture = new MachinesFixture(api, dir, deps, logged, time);
    await fixture.#informer.start();
    await fixture.run();
    return fixture;
  }

  get machines(): Machines {
    if (!this.#machines) throw new Error('the machines were stopped');
    return this.#machines;
  }

  /** Starts joining, as the app does at its start. */
  async run(): Promise<void> {
    this.#machines = await startMachines(this.deps);
  }

  /** Ends it, as the app does at its end. */
  async halt(): Promise<void> {
    await this.#machines?.stop();
    this.#machines = undefined;
  }

  async stop(): Promise<void> {
    await this.halt();
    this.#informer.stop();
    await this.api.close();
    await rm(this.dir, { recursive: true, force: true });
  }

  /** Sets the clock of the machines' controller forward; nothing else's. */
  sleptFor(ms: number): void {
    this.time.offsetMs += ms;
  }

  untilLogged(message: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (!this.logged.some((line) => line.startsWith(message))) return;
        clearTimeout(timer);
        this.#onLog.delete(look);
        resolve();
      };
      const timer = setTimeout(() => reject(new Error(`not logged: ${message}\n${this.logged.join('\n')}`)), 30_000);
      this.#onLog.add(look);
      look();
    });
  }

  /** Makes the agent bundle another version. */
  async changeBundle(): Promise<void> {
    await writeFile(join(this.dir, 'agent.cjs'), `${TEST_AGENT}\n// another version\n`);
  }

  async secret(name: string, data: Record<string, string>): Promise<void> {
    await this.api.client.create(
      SECRETS,
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name, namespace: 'default' },
        type: SSH_SECRET_TYPE,
        stringData: data,
      },
      'default',
    );
  }

  /** A Secret with the testbed's key, under the name `key`. */
  async keyOf(machine: TestbedMachine): Promise<void> {
    await this.secret('key', { privateKey: await readFile(machine.identityFile, 'utf8') });
  }

  async add(name: string, spec: MachineSpec): Promise<void> {
    await this.api.client.create(MACHINES, {
      apiVersion: 'machines.wheelhouse.dev/v1alpha1',
      kind: 'Machine',
      metadata: { name },
      spec,
    });
  }

  async change(name: string, patch: object): Promise<void> {
    await this.api.client.patch(MACHINES, { name }, patch);
  }

  /** Waits until the Machine's status is as wanted; a failure shows the status last seen. */
  until(name: string, wanted: (status: MachineStatus) => boolean, timeoutMs = 60_000): Promise<MachineStatus> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const status = this.#informer.get(name)?.status ?? {};
        if (!wanted(status)) return;
        clearTimeout(timer);
        stop();
        resolve(status);
      };
      const timer = setTimeout(() => {
        stop();
        const seen = inspect(this.#informer.get(name)?.status, { depth: 6 });
        reject(new Error(`${name} did not become as wanted; it is ${seen}\n${this.logged.slice(-15).join('\n')}`));
      }, timeoutMs);
      const stop = this.#informer.onDidChange(look);
      look();
    });
  }

  untilReady(name: string): Promise<MachineStatus> {
    return this.until(name, ({ phase }) => phase === 'Ready');
  }

  /** Waits for a failed condition with this reason. */
  untilFailed(name: string, reason: string): Promise<MachineStatus> {
    return this.until(name, (status) => conditionWith(status, reason)?.status === 'False');
  }

  /** Deletes the Machine and waits until it is let go; `seen` hears every status on the way. */
  async remove(name: string, seen: (status: MachineStatus) => void = () => undefined): Promise<void> {
    const stop = this.#informer.onDidChange(({ object }) => seen(object.status ?? {}));
    await this.api.client.delete(MACHINES, { name });
    await this.untilGone(name);
    stop();
  }

  untilGone(name: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (this.#informer.get(name)) return;
        clearTimeout(timer);
        stop();
        resolve();
      };
      const timer = setTimeout(() => {
        stop();
        const seen = inspect(this.#informer.get(name)?.status, { depth: 6 });
        reject(new Error(`${name} was not let go; it is ${seen}\n${this.logged.slice(-15).join('\n')}`));
      }, 60_000);
      const stop = this.#informer.onDidChange(look);
      look();
    });
  }

  async hasNode(name: string): Promise<boolean> {
    try {
      await this.api.client.get(NODES, name);
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }
}

export function conditionWith(status: MachineStatus, reason: string) {
  return status.conditions?.find((condition) => condition.reason === reason);
}
