import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ApiClient } from '../../shared/client/api-client.ts';
import { AuditLog, GIT_VERSION, MASTERS_GROUP, startApiServer, writeKubeconfig } from '../apiserver/index.ts';
import { createLiveServer, type LiveConnection } from '../live/index.ts';
import { MetricsCollector } from '../metrics/metrics-collector.ts';
import { startEventHistory } from '../store/event-history/index.ts';
import { fenced, lead, type Leads } from './leadership.ts';
import { startLeaderParts, type LeaderParts } from './leader-parts.ts';
import { findLocalDocker } from './local-docker.ts';
import { createLogger } from './log.ts';
import { openStore } from './open-store.ts';
import { metricsSourceOf } from './metrics-source.ts';
import type { Options } from './options.ts';
import { ownPaths } from './own-paths.ts';
import type { KeyProtector, SecretBox } from './secret-box.ts';
import { StartError } from './start-error.ts';
import { VERSION } from './version.ts';

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
    const opened = await openStore(options, { protector: deps.keyProtector, clock, log });
    stops.push(() => opened.close());
    const { storage, identity } = opened;
    const { pki, tokens, box } = identity;
    const historyDir = join(dataDir, 'events-history');
    stops.push(await startEventHistory({ storage, dir: historyDir, clock, log }));

    const { auditLog: mode } = options;
    const auditLog = mode === 'off' ? undefined : await AuditLog.open({ directory: join(dataDir, 'audit'), log });
    if (auditLog) stops.push(() => auditLog.close());

    let leads: Leads<LeaderParts> | undefined;
    const measuring: { collector?: MetricsCollector } = {};
    const api = await startApiServer(
      {
        storage,
        log,
        clock,
        dialNode: async (name) => partsHere(leads).dial(name),
        metricsSource: metricsSourceOf(() => measuring.collector),
        pki,
        tokens,
        ...(auditLog && mode !== 'off' ? { audit: { log: auditLog, mode } } : {}),
        ownPaths: ownPaths({
          backup: { storage, dataDir, box, clock },
          rotateSecretsKey: () => opened.rotateSecretsKey(),
          historyDir,
          log,
        }),
      },
      { listen: options.listen },
    ).catch((error: unknown) => {
      throw (error as NodeJS.ErrnoException).code
        ? StartError.ofListen('--listen', options.listen, error as NodeJS.ErrnoException)
        : error;
    });
    stops.push(() => api.close());
    const kubeconfigPath = join(dataDir, 'admin.kubeconfig');
    await writeKubeconfig(kubeconfigPath, pki, { server: api.url });

    const component = (name: string): ReturnType<typeof api.inProcess> =>
      api.inProcess({ name: `system:${name}`, groups: [MASTERS_GROUP] });
    const startParts = (isLeader: () => boolean): Promise<LeaderParts> =>
      startLeaderParts({
        options,
        outDir: deps.outDir,
        clusterId: identity.clusterId,
        api,
        pki,
        client: (name) => new ApiClient(fenced(component(name), isLeader), name),
        clock,
        log,
      });
    if (options.etcd) {
      const elector = new ApiClient(component('leader-election'), 'leader-election');
      const candidate = { client: elector, clock, log, random: Math.random, identity: `${hostname()}_${randomUUID()}` };
      const leading: Leads<LeaderParts> = lead(candidate, () => startParts(() => leading.isLeader()));
      leads = leading;
    } else leads = leadAlone(await startParts(() => true));
    const { stop: stopLeading, settled } = leads;
    stops.push(stopLeading);
    await settled;

    const metrics = new MetricsCollector({ client: new ApiClient(component('metrics'), 'metrics'), clock, log });
    await metrics.start();
    measuring.collector = metrics;
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
      simulate: async (count) => partsHere(leads).simulate(count),
      clock,
      log,
    });
    stops.push(() => live.close());
    return {
      apiUrl: api.url,
      kubeconfigPath,
      box,
      acceptScreen: (connection) => live.accept(connection),
      resumed: () => leads?.current?.resumed(),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A control plane that shares its store with nobody leads from its start to its end: the data directory's lock sees to that. */
const leadAlone = (parts: LeaderParts): Leads<LeaderParts> => ({
  current: parts,
  leader: 'this control plane',
  isLeader: () => true,
  settled: Promise.resolve(),
  stop: () => parts.stop(),
});

/** The parts that run here. Throws when another control plane leads: the machines are connected to that one. */
function partsHere(leads: Leads<LeaderParts> | undefined): LeaderParts {
  if (leads?.current) return leads.current;
  throw new Error(
    leads?.leader
      ? `the machines are connected to another control plane, ${leads.leader}; ask that one`
      : 'the control plane is still starting',
  );
}
