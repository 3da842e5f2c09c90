// One machine of the testbed with the real agent on it, and the real API server in this process, joined by a unix
// socket in place of SSH. For tests of what the agent does; joining over SSH is tested elsewhere.
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import Docker from 'dockerode';
import { buildAgentImages } from '../../scripts/agent-image.mjs';
import { buildAgent } from '../../scripts/build-agent.mjs';
import {
  authorityServices,
  MASTERS_GROUP,
  NODES_GROUP,
  openPki,
  startApiServer,
  staticTokens,
  writeKubeconfig,
} from '../../src/main/apiserver/index.ts';
import { nodeVolumesBy } from '../../src/main/app/node-volumes.ts';
import { startControllers } from '../../src/main/controllers/index.ts';
import { AGENT_CONTAINER } from '../../src/shared/agent-config.ts';
import { PATHS } from '../../src/main/machines/footprint.ts';
import { agentContainer } from '../../src/main/machines/install/agent-container.ts';
import { agentConfig } from '../../src/main/machines/install/agent-files.ts';
import { openEmbeddedStore } from '../../src/main/store/embedded/index.ts';
import { EVENTS, NODES, PODS, type Event, type Node, type Pod } from '../../src/shared/api/kinds.ts';
import type { StatsSummary } from '../../src/shared/api/stats-summary.ts';
import { ApiClient } from '../../src/shared/client/api-client.ts';
import { SharedInformers } from '../../src/shared/client/shared-informers.ts';
import type { Logger } from '../../src/shared/logger.ts';
import { initPid, machineDockerSocket, runIn } from '../testbed/machine.ts';
import { downTestbed, upTestbed, type TestbedMachine, type TestbedStatus } from '../testbed/testbed.ts';
import { until } from './until.ts';

const ROOT = resolve(dirname(new URL(import.meta.url).pathname), '../..');
const silent = (): void => undefined;
const LOG: Logger = { debug: silent, info: silent, warn: silent, error: silent };

export interface AgentBed {
  readonly testbed: TestbedStatus;
  readonly machine: TestbedMachine;
  readonly nodeName: string;
  /** Everything may be done with it. */
  readonly client: ApiClient;
  readonly kubeconfig: string;
  docker(): Promise<Docker>;
  /** The machine's way to the API server is gone: its socket, and every connection through it. */
  cutApi(): Promise<void>;
  restoreApi(): Promise<void>;
  /** The agent's own log, for when a test fails. */
  agentLog(): Promise<string>;
  pod(name: string): Promise<Pod>;
  node(): Promise<Node>;
  stats(): Promise<StatsSummary>;
  /** Events about an object, oldest first, as `Reason: message`. */
  eventsOf(name: string): Promise<string[]>;
  createPod(pod: Pod): Promise<Pod>;
  down(): Promise<void>;
}

/** Brings up a machine with an agent whose Node is Ready. */
export async function upAgentBed(dir: string): Promise<AgentBed> {
  const testbed = await upTestbed({ machines: 1, dir });
  const machine = testbed.machines[0];
  if (!machine) throw new Error('the testbed has no machine');
  const nodeName = machine.name;
  const scratch = await mkdtemp(join(tmpdir(), 'agent-bed-'));
  const clock = { now: () => Date.now() };
  const pki = await openPki(join(scratch, 'pki'), clock);
  const storage = await openEmbeddedStore({ dir: join(scratch, 'store'), log: LOG, clock });
  const inMachine = async (path: string): Promise<string> => `/proc/${await initPid(machine)}/root${path}`;
  const dialNode = async (): Promise<Socket> => {
    const socket = connect(await inMachine(PATHS.agentSocket));
    await new Promise<void>((done, fail) => socket.once('connect', done).once('error', fail));
    return socket;
  };
  const api = await startApiServer(
    { storage, log: LOG, clock, pki, tokens: staticTokens([]), dialNode },
    { listen: { host: '127.0.0.1', port: 0 } },
  );
  const kubeconfig = join(scratch, 'admin.kubeconfig');
  await writeKubeconfig(kubeconfig, pki, { server: api.url });
  const clientOf = (name: string): ApiClient => new ApiClient(api.inProcess({ name, groups: [MASTERS_GROUP] }), name);
  const informers = new SharedInformers(clientOf('informers'), silent);
  const credentials = authorityServices(pki);
  const nodeVolumes = nodeVolumesBy(dialNode);
  const controllers = await startControllers(
    { client: clientOf, informers, credentials, nodeVolumes, clock, log: LOG },
    {},
  );
  const client = clientOf('test');

  let listener: Server | undefined;
  const sockets = new Set<Socket>();
  const restoreApi = async (): Promise<void> => {
    const path = await inMachine(PATHS.apiSocket);
    await rm(path, { force: true });
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket)).on('error', silent);
      api.handleConnection(socket);
    });
    await new Promise<void>((done, fail) => server.once('error', fail).listen(path, done));
    listener = server;
  };
  const cutApi = async (): Promise<void> => {
    const server = listener;
    listener = undefined;
    for (const socket of sockets) socket.destroy();
    if (server) await new Promise<void>((done) => server.close(() => done()));
  };
  const docker = async (): Promise<Docker> => new Docker({ socketPath: await machineDockerSocket(machine) });

  const bed: AgentBed = {
    testbed,
    machine,
    nodeName,
    client,
    kubeconfig,
    docker,
    cutApi,
    restoreApi,
    agentLog: () => runIn(machine, ['docker', 'logs', '--tail', '100', AGENT_CONTAINER]),
    pod: (name) => client.get(PODS, name, 'default'),
    node: () => client.get(NODES, nodeName),
    stats: async () => {
      const socketPath = await inMachine(PATHS.agentSocket);
      const chunks: Buffer[] = [];
      for await (const chunk of await new Promise<IncomingMessage>((done, fail) =>
        get({ socketPath, path: '/stats/summary' }, done).on('error', fail),
      ))
        chunks.push(chunk as Buffer);
      return JSON.parse(Buffer.concat(chunks).toString()) as StatsSummary;
    },
    eventsOf: async (name) => {
      const { items } = await client.list(EVENTS, {
        namespace: 'default',
        fieldSelector: `involvedObject.name=${name}`,
      });
      const at = ({ firstTimestamp, metadata }: Event): string => `${firstTimestamp}${metadata.name}`;
      return items.sort((a, b) => (at(a) < at(b) ? -1 : 1)).map(({ reason, message }) => `${reason}: ${message}`);
    },
    createPod: (pod) => client.create(PODS, { ...pod, spec: { ...pod.spec!, nodeName } }, 'default'),
    down: async () => {
      await controllers.stop();
      informers.stop();
      await cutApi();
      await api.close();
      await storage.close();
      await downTestbed(dir);
      await rm(scratch, { recursive: true, force: true });
    },
  };

  try {
    await installAgent(bed, pki, inMachine, restoreApi);
    await until('the node is Ready', () => bed.node(), isReady);
    return bed;
  } catch (error) {
    const log = await bed.agentLog().catch(() => '');
    await bed.down();
    throw new Error(`the agent did not come up; its log:\n${log}`, { cause: error });
  }
}

export const isReady = (node: Node): boolean =>
  node.status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';

/** What the join does over SSH, by way of the machine's file system and Docker socket. */
async function installAgent(
  bed: AgentBed,
  pki: Awaited<ReturnType<typeof openPki>>,
  inMachine: (path: string) => Promise<string>,
  restoreApi: () => Promise<void>,
): Promise<void> {
  const out = join(ROOT, 'out');
  const images = await buildAgentImages(out);
  const bundle = await buildAgent(join(out, 'agent'));
  const docker = await bed.docker();
  for (const { file } of [images.agent, images.pause]) {
    const stream = await docker.loadImage(join(out, file));
    await new Promise<void>((done, fail) =>
      docker.modem.followProgress(stream, (error) => (error ? fail(error) : done())),
    );
  }
  const issued = await pki.issueClientCertificate({
    commonName: `system:node:${bed.nodeName}`,
    organizations: [NODES_GROUP],
  });
  const config = agentConfig({
    nodeName: bed.nodeName,
    clusterId: randomUUID(),
    apiServerName: 'kubernetes',
    uid: 0,
    pauseImage: images.pause.tag,
    version: 'test',
    nodeIp: bed.machine.address,
    clusterNetwork: { podCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16', backend: 'vxlan' },
    spec: { host: bed.machine.address },
  });
  for (const directory of [PATHS.agentDir, PATHS.state, PATHS.runDir]) {
    await mkdir(await inMachine(directory), { recursive: true, mode: 0o700 });
  }
  const put = async (path: string, content: string | Buffer): Promise<void> =>
    writeFile(await inMachine(path), content, { mode: 0o600 });
  await put(PATHS.bundle, await readFile(bundle.file));
  await put(PATHS.config, JSON.stringify(config));
  await put(PATHS.ca, pki.caCertificate);
  await put(PATHS.certificate, issued.certificate);
  await put(PATHS.key, issued.key);
  await restoreApi();
  const container = await docker.createContainer(
    agentContainer({ image: images.agent.tag, config, mountShared: true }),
  );
  await container.start();
}
