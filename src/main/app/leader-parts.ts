import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { messageOf } from '../../shared/api/errors.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import { SharedInformers } from '../../shared/client/shared-informers.ts';
import type { Clock, Logger } from '../../shared/logger.ts';
import { authorityServices, GIT_VERSION, type ApiServer, type Pki } from '../apiserver/index.ts';
import { startControllers } from '../controllers/index.ts';
import { startMachines } from '../machines/index.ts';
import { startScheduler } from '../scheduler/index.ts';
import { Simulator } from '../simulator/simulator.ts';
import { artifactsIn } from './artifacts.ts';
import { nodeVolumesBy } from './node-volumes.ts';
import type { Options } from './options.ts';

const POD_CIDR = '10.244.0.0/16';
/** Smaller than kubeadm's /12, so that it overlaps fewer home and office networks; still 65,000 services. */
const SERVICE_CIDR = '10.96.0.0/16';
/** In the API server's certificate; agents ask for it through their tunnel. */
const API_SERVER_NAME = 'kubernetes';

export interface LeaderPartsDeps {
  options: Pick<Options, 'simulate' | 'podNetwork'>;
  /** The build's output folder: what machines are sent. */
  outDir: string;
  clusterId: string;
  api: Pick<ApiServer, 'handleConnection'>;
  pki: Pki;
  /** A client for the component of this name. */
  client: (name: string) => ApiClient;
  clock: Clock;
  log: Logger;
}

/** What runs once in a cluster, however many API servers there are: controllers, scheduler, the machines' connections. */
export interface LeaderParts {
  dial(nodeName: string): Promise<Duplex>;
  /** Has so many simulated nodes; resolves with how many there are. */
  simulate(count: number): Promise<number>;
  resumed(): void;
  /** Stops all in reverse order. Agents and their pods go on. */
  stop(): Promise<void>;
}

/** Starts them in the order of ARCHITECTURE.md. What was started is stopped again when one fails. */
export async function startLeaderParts(deps: LeaderPartsDeps): Promise<LeaderParts> {
  const { options, client, clock, log } = deps;
  const stops: (() => unknown)[] = [];
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0).reverse()) await each();
  };
  try {
    const informers = new SharedInformers(client('informers'), (error, type) =>
      log.warn({ kind: type.plural, error: messageOf(error) }, 'watch failed, trying again'),
    );
    stops.push(() => informers.stop());
    const simulator = new Simulator({ client: client('simulator'), clock, log, version: GIT_VERSION });
    await simulator.start();
    stops.push(() => simulator.stop());
    const machines = await startMachines(machinesDeps(deps));
    stops.push(() => machines.stop());
    const scheduler = await startScheduler({
      client: client('default-scheduler'),
      informers,
      clock,
      random: Math.random,
      log,
    });
    stops.push(() => scheduler.stop());
    const dial = async (name: string): Promise<Duplex> => simulator.dial(name) ?? machines.dial(name);
    const credentials = authorityServices(deps.pki);
    const controllers = await startControllers(
      { client, informers, credentials, nodeVolumes: nodeVolumesBy(dial), clock, log },
      { nodeIpam: { clusterCidr: POD_CIDR, nodeMaskSize: 24 } },
    );
    stops.push(() => controllers.stop());
    if (options.simulate !== undefined && simulator.count < options.simulate)
      await simulator.setCount(options.simulate);
    return {
      dial,
      simulate: (count) => simulator.setCount(count),
      resumed: () => machines.resumed(),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function machinesDeps({
  options,
  outDir,
  clusterId,
  api,
  pki,
  client,
  clock,
  log,
}: LeaderPartsDeps): Parameters<typeof startMachines>[0] {
  const sshDir = join(homedir(), '.ssh');
  const sshAgentSocket = process.env['SSH_AUTH_SOCK'];
  return {
    client: client('machine-controller'),
    clock,
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
    artifacts: artifactsIn(outDir),
    clusterId,
    apiServerName: API_SERVER_NAME,
    knownHostsFiles: [join(sshDir, 'known_hosts'), '/etc/ssh/ssh_known_hosts'].filter(existsSync),
    ...(sshAgentSocket ? { sshAgentSocket } : {}),
    defaultIdentityFiles: ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((name) => join(sshDir, name)).filter(existsSync),
    clusterNetwork: { podCidr: POD_CIDR, serviceCidr: SERVICE_CIDR, backend: options.podNetwork },
  };
}
