import { randomUUID, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ApiClient } from '../../shared/client/api-client.ts';
import { SharedInformers } from '../../shared/client/shared-informers.ts';
import { messageOf } from '../../shared/api/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import {
  GIT_VERSION,
  MASTERS_GROUP,
  openPki,
  openTokens,
  startApiServer,
  writeKubeconfig,
  type ApiServer,
  type NodeDialer,
  type Pki,
} from '../apiserver/index.ts';
import { startControllers } from '../controllers/index.ts';
import { createLiveServer, type LiveConnection } from '../live/index.ts';
import { startMachines } from '../machines/index.ts';
import { MetricsCollector } from '../metrics/metrics-collector.ts';
import { startScheduler } from '../scheduler/index.ts';
import { Simulator } from '../simulator/simulator.ts';
import { openEmbeddedStore } from '../store/embedded/index.ts';
import { artifactsIn } from './artifacts.ts';
import { findLocalDocker } from './local-docker.ts';
import { createLogger } from './log.ts';
import type { Options } from './options.ts';
import { openSecretBox, type KeyProtector, type SecretBox } from './secret-box.ts';
import { StartError } from './start-error.ts';
import { VERSION } from './version.ts';

const POD_CIDR = '10.244.0.0/16';
/** Smaller than kubeadm's /12, so that it overlaps fewer home and office networks; still 65,000 services. */
const SERVICE_CIDR = '10.96.0.0/16';
/** In the API server's certificate; agents ask for it through their tunnel. */
const API_SERVER_NAME = 'kubernetes';

export interface ControlPlaneDeps {
  mode: 'electron' | 'serve';
  keyProtector: KeyProtector;
  /** The build's output folder: what machines are sent, and the screen. */
  outDir: string;
}

/** The whole control plane in this process. */
export interface ControlPlane {
  readonly apiUrl: string;
  readonly kubeconfigPath: string;
  readonly box: SecretBox;
  /** Serves a screen over a connection until it closes. */
  acceptScreen(connection: LiveConnection): void;
  /** The computer woke up: connections that died in its sleep are noticed now, not at their next keepalive. */
  resumed(): void;
  /** Stops everything in reverse order; what was acknowledged is on disk when it resolves. */
  stop(): Promise<void>;
}

/**
 * Builds and starts everything in the order of ARCHITECTURE.md, and stops it in reverse. The only place that sees all
 * parts. Throws StartError where a person can put it right; whatever was started by then is stopped again.
 */
export async function startControlPlane(options: Options, deps: ControlPlaneDeps): Promise<ControlPlane> {
  const log = createLogger();
  const clock = { now: () => Date.now() };
  const stops: (() => unknown)[] = [];
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0).reverse()) await each();
  };
  try {
    const { dataDir } = options;
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const box = openSecretBox(join(dataDir, 'secrets.key'), deps.keyProtector);
    const pki = await openPki(join(dataDir, 'pki'), clock);
    const tokens = await openTokens(join(dataDir, 'pki'));

    const storage = await openEmbeddedStore({
      dir: join(dataDir, 'store'),
      log,
      clock,
      options: {
        sealer: {
          protects: (key) => key.startsWith('/core/secrets/'),
          seal: (key, text) => box.seal(key, text),
          open: (key, bytes) => box.open(key, bytes),
        },
      },
    });
    stops.push(() => storage.close());

    let dialNode: NodeDialer = () => Promise.reject(new Error('the control plane is still starting'));
    const api = await startApiServer(
      { storage, log, clock, dialNode: (name) => dialNode(name), pki, tokens },
      { listen: options.listen },
    ).catch((error: unknown) => {
      throw (error as NodeJS.ErrnoException).code
        ? StartError.ofListen('--listen', options.listen, error as NodeJS.ErrnoException)
        : error;
    });
    stops.push(() => api.close());
    const kubeconfigPath = join(dataDir, 'admin.kubeconfig');
    await writeKubeconfig(kubeconfigPath, pki, { server: api.url });

    const client = (name: string): ApiClient =>
      new ApiClient(api.inProcess({ name: `system:${name}`, groups: [MASTERS_GROUP] }), name);
    const informers = new SharedInformers(client('informers'), (error, type) =>
      log.warn({ kind: type.plural, error: messageOf(error) }, 'watch failed, trying again'),
    );
    stops.push(() => informers.stop());

    const simulator = new Simulator({ client: client('simulator'), clock, log, version: GIT_VERSION });
    await simulator.start();
    stops.push(() => simulator.stop());
    const machines = await startMachines(
      machinesDeps(options, deps, { api, pki, log, client: client('machine-controller') }),
    );
    stops.push(() => machines.stop());
    dialNode = async (name) => simulator.dial(name) ?? machines.dial(name);

    const scheduler = await startScheduler({
      client: client('default-scheduler'),
      informers,
      clock,
      random: Math.random,
      log,
    });
    stops.push(() => scheduler.stop());
    const controllers = await startControllers(
      { client, informers, clock, log },
      { nodeIpam: { clusterCidr: POD_CIDR, nodeMaskSize: 24 } },
    );
    stops.push(() => controllers.stop());
    if (options.simulate !== undefined && simulator.count < options.simulate)
      await simulator.setCount(options.simulate);

    const metrics = new MetricsCollector({ client: client('metrics'), clock, log });
    await metrics.start();
    stops.push(() => metrics.stop());
    const live = createLiveServer({
      client: new ApiClient(api.inProcess({ name: 'wheelhouse-ui', groups: [MASTERS_GROUP] }), 'wheelhouse-ui'),
      metrics,
      exec: { url: api.url, ca: pki.caCertificate, token: tokens.adminToken },
      info: async () => ({
        version: VERSION,
        kubernetesVersion: GIT_VERSION,
        mode: deps.mode,
        apiUrl: api.url,
        kubeconfigPath,
        credentialStorage: deps.keyProtector.sentence,
        localDocker: await findLocalDocker(process.platform),
        user: 'admin',
      }),
      simulate: (count) => simulator.setCount(count),
      clock,
      log,
    });
    stops.push(() => live.close());
    return {
      apiUrl: api.url,
      kubeconfigPath,
      box,
      acceptScreen: (connection) => live.accept(connection),
      resumed: () => machines.resumed(),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function machinesDeps(
  options: Options,
  deps: ControlPlaneDeps,
  parts: { api: ApiServer; pki: Pki; log: Logger; client: ApiClient },
): Parameters<typeof startMachines>[0] {
  const { api, pki, log, client } = parts;
  const sshDir = join(homedir(), '.ssh');
  const sshAgentSocket = process.env['SSH_AUTH_SOCK'];
  return {
    client,
    clock: { now: () => Date.now() },
    log,
    random: Math.random,
    issueNodeCertificate: async (nodeName) => {
      const pair = await pki.issueClientCertificate({
        commonName: `system:node:${nodeName}`,
        organizations: ['system:nodes'],
      });
      return { ...pair, ca: pki.caCertificate, notAfter: new Date(new X509Certificate(pair.certificate).validTo) };
    },
    onApiConnection: (stream) => api.handleConnection(stream),
    artifacts: artifactsIn(deps.outDir),
    clusterId: clusterIdIn(options.dataDir),
    apiServerName: API_SERVER_NAME,
    knownHostsFiles: [join(sshDir, 'known_hosts'), '/etc/ssh/ssh_known_hosts'].filter(existsSync),
    ...(sshAgentSocket ? { sshAgentSocket } : {}),
    defaultIdentityFiles: ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((name) => join(sshDir, name)).filter(existsSync),
    clusterNetwork: { podCidr: POD_CIDR, serviceCidr: SERVICE_CIDR, backend: options.podNetwork },
  };
}

/** What tells our containers from another cluster's on the same machine; made once. */
function clusterIdIn(dataDir: string): string {
  const file = join(dataDir, 'cluster-id');
  if (!existsSync(file)) writeFileSync(file, randomUUID(), { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}
