import { join } from 'node:path';
import Docker from 'dockerode';
import { MACHINE_DIR, type AgentConfig } from '../shared/agent-config.ts';
import { NODES, type Node, type Pod } from '../shared/api/kinds.ts';
import { ApiClient } from '../shared/client/api-client.ts';
import { delay } from '../shared/client/backoff.ts';
import { Informer } from '../shared/client/informer.ts';
import type { Clock, Logger } from '../shared/logger.ts';
import { HttpTransport } from './api/http-transport.ts';
import { TunnelAgent } from './api/tunnel-agent.ts';
import { EventJournal } from './events/event-journal.ts';
import { PodAddresses } from './network/pod-addresses.ts';
import { PodNetwork } from './network/pod-network.ts';
import { runCommand, runOnMachine } from './network/run-command.ts';
import { readMachineFacts, readMachineHealth, type MachineFacts } from './node/machine-facts.ts';
import { NodeLease } from './node/node-lease.ts';
import { NodeRegistration } from './node/node-registration.ts';
import { allocatableOf, internalIp, nodeStatus, type NodeCondition, type NodeStatus } from './node/node-status.ts';
import { PodManager } from './pods/pod-manager.ts';
import { StatusReporter } from './pods/status-reporter.ts';
import { Prober } from './probes/prober.ts';
import { DockerRuntime, dockerSocketPath } from './runtime/docker-runtime.ts';
import { execProbe } from './runtime/exec-probe.ts';
import { ImagePuller } from './runtime/image-puller.ts';
import { ImageStore } from './runtime/image-store.ts';
import { KubeletServer } from './server/kubelet-server.ts';
import { podConnector } from './server/pod-connection.ts';
import { TargetFinder } from './server/target.ts';
import { readJson, writeAtomic } from './state/atomic-file.ts';
import { Checkpoint } from './state/checkpoint.ts';
import { ObjectSource } from './state/object-source.ts';
import { CgroupFiles } from './stats/cgroup-files.ts';
import { StatsSampler } from './stats/sampler.ts';
import { VolumeSetup } from './volumes/volume-setup.ts';

/** How often the machine's side of the network is put right. */
const NETWORK_ASSERT_MS = 30_000;

/** The whole agent: builds every part, and owns the order in which they start and stop. */
export class NodeAgent {
  readonly #abort = new AbortController();
  readonly #docker: Docker;
  readonly #transportAgent: TunnelAgent;
  readonly #client: ApiClient;
  readonly #network: PodNetwork;
  readonly #stops: (() => void | Promise<void>)[] = [];

  constructor(
    private readonly config: AgentConfig,
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {
    this.#docker = new Docker({ socketPath: dockerSocketPath() });
    this.#transportAgent = new TunnelAgent({
      ...config,
      socketPath: config.apiSocket,
      serverName: config.apiServerName,
    });
    this.#client = new ApiClient(new HttpTransport(this.#transportAgent, config.apiServerName), 'kubelet');
    this.#network = new PodNetwork({ run: runCommand, runOnMachine, log });
  }

  /** Starts everything; resolves when pods of the checkpoint are being looked after and the kubelet API listens. */
  async start(): Promise<void> {
    const { config, clock, log } = this;
    const facts = await this.#waitForFacts();
    await this.#loadNetwork();
    const events = new EventJournal({
      client: this.#client,
      file: join(config.stateDir, 'events.json'),
      host: config.nodeName,
      clock,
      log,
    });
    const reporter = new StatusReporter({ client: this.#client, clock, log });
    const runtime = new DockerRuntime(this.#docker, config.clusterId);
    const registration = this.#registration(facts, () => pods.runtimeError);
    const pods: PodManager = this.#podManager(facts, runtime, events, reporter, () => registration.poke());
    const sampler = new StatsSampler({
      nodeName: config.nodeName,
      cgroups: new CgroupFiles(),
      observeAll: () => runtime.observeAll(),
      health: () => readMachineHealth(this.#docker, facts.pidMax),
      diskBytes: facts.diskBytes,
      memoryBytes: facts.memoryBytes,
      clock,
      log,
    });
    const server = new KubeletServer({
      docker: this.#docker,
      targets: new TargetFinder(
        (namespace, name) => pods.find(namespace, name),
        (uid) => runtime.observe(uid),
      ),
      connectInPod: podConnector(),
      pods: () => pods.pods(),
      stats: () => sampler.summary(),
      problem: () => pods.runtimeError,
      clock,
      log,
    });
    const lease = new NodeLease({ client: this.#client, nodeName: config.nodeName, clock, log });
    await server.listen(config.agentSocket, config.socketUid);
    await events.start();
    reporter.start();
    registration.start();
    lease.start();
    this.#watchOwnNode(pods, registration);
    await pods.start();
    void this.#assertNetwork(pods);
    sampler.start();
    events.record(nodeSubject(config.nodeName), 'Normal', 'Starting', 'Starting kubelet.');
    this.#stops.push(
      () => pods.stop(),
      () => sampler.stop(),
      () => lease.stop(),
      () => registration.stop(),
      () => reporter.stop(),
      () => events.stop(),
      () => server.close(),
    );
  }

  /** Stops looking after the machine; its pods go on. */
  async stop(): Promise<void> {
    this.#abort.abort();
    for (const stop of this.#stops) await stop();
    this.#transportAgent.destroy();
  }

  #podManager(
    facts: MachineFacts,
    runtime: DockerRuntime,
    events: EventJournal,
    reporter: StatusReporter,
    onRuntimeHealth: () => void,
  ): PodManager {
    const { config, clock, log } = this;
    const images = new ImageStore(this.#docker);
    const objects = new ObjectSource(this.#client, join(config.stateDir, 'objects'));
    const prober = new Prober({
      clock,
      exec: (id) => execProbe(this.#docker, id),
      unhealthy: (pod, container, message) => events.podEvent(pod, 'Warning', 'Unhealthy', message, container),
      onChange: (uid) => manager.trigger(uid),
    });
    const puller = new ImagePuller({
      store: images,
      events: {
        event: (pod, type, reason, message, container) => events.podEvent(pod, type, reason, message, container),
      },
      clock,
      pullSecrets: (pod: Pod) => objects.pullSecrets(pod),
      onSettled: (uid) => manager.trigger(uid),
    });
    this.#stops.push(() => prober.stop());
    const manager: PodManager = new PodManager(
      {
        client: this.#client,
        runtime,
        images,
        puller,
        objects,
        volumes: new VolumeSetup(runOnMachine),
        network: this.#network,
        addresses: this.#addresses,
        events,
        checkpoint: new Checkpoint(join(config.stateDir, 'pods')),
        reporter,
        prober,
        machine: {
          hostIp: internalIp(config, facts),
          allocatable: allocatableOf(facts),
          memoryCapacityBytes: facts.memoryBytes,
        },
        clusterId: config.clusterId,
        pauseImage: config.pauseImage,
        podsRoot: join(MACHINE_DIR, 'pods'),
        clock,
        log,
      },
      config.nodeName,
      onRuntimeHealth,
    );
    return manager;
  }

  get #addresses(): PodAddresses {
    return (this.#podAddresses ??= new PodAddresses(join(this.config.stateDir, 'addresses.json')));
  }
  #podAddresses: PodAddresses | undefined;

  #registration(facts: MachineFacts, runtimeError: () => string | undefined): NodeRegistration {
    const { config, clock, log } = this;
    const status = async (before: NodeCondition[]): Promise<NodeStatus> => {
      const error = runtimeError();
      const [health, images] = await Promise.all([
        this.#health(facts),
        error ? [] : new ImageStore(this.#docker).list(),
      ]);
      return nodeStatus({ config, facts, health, images, notReady: this.#notReady(error), before, now: clock.now() });
    };
    return new NodeRegistration({ client: this.#client, config, facts, status, clock, log });
  }

  #notReady(runtimeError: string | undefined): string | undefined {
    if (runtimeError !== undefined) return `container runtime is down: ${runtimeError}`;
    if (this.#network.podCidr) return undefined;
    const plugin = 'NetworkReady=false reason:NetworkPluginNotReady message:node has no pod CIDR yet';
    return `container runtime network not ready: ${plugin}`;
  }

  async #health(facts: MachineFacts): ReturnType<typeof readMachineHealth> {
    return readMachineHealth(this.#docker, facts.pidMax);
  }

  /** Docker must answer before anything can be said about the machine. */
  async #waitForFacts(): Promise<MachineFacts> {
    for (;;) {
      try {
        return await readMachineFacts(this.#docker);
      } catch (error) {
        this.log.warn({ err: error }, 'waiting for Docker');
        await delay(1_000, this.#abort.signal);
        if (this.#abort.signal.aborted) throw error;
      }
    }
  }

  /** The pod range and the addresses in use, as they were: the control plane may be away. */
  async #loadNetwork(): Promise<void> {
    await this.#addresses.load();
    const saved = (await readJson(this.#networkFile)) as { podCidr?: string } | undefined;
    this.#network.podCidr = saved?.podCidr;
  }

  get #networkFile(): string {
    return join(this.config.stateDir, 'network.json');
  }

  #watchOwnNode(pods: PodManager, registration: NodeRegistration): void {
    const nodes = new Informer(this.#client, NODES, {
      fieldSelector: `metadata.name=${this.config.nodeName}`,
      onError: (error) => this.log.debug({ err: error }, 'cannot watch our node'),
    });
    nodes.onDidChange((change) => {
      if (change.type === 'deleted') return registration.registerAgain();
      registration.observed(change.object);
      void this.#takeNode(change.object, pods, registration).catch((error: unknown) => {
        this.log.error({ err: error }, 'cannot set up the pod network');
      });
    });
    void nodes.start();
    this.#stops.push(() => nodes.stop());
  }

  async #takeNode(node: Node, pods: PodManager, registration: NodeRegistration): Promise<void> {
    const podCidr = node.spec?.podCIDR;
    if (!podCidr || podCidr === this.#network.podCidr) return;
    await writeAtomic(this.#networkFile, JSON.stringify({ podCidr }));
    this.#network.podCidr = podCidr;
    await this.#network.assert(pods.sandboxes);
    registration.poke();
    pods.triggerAll();
  }

  async #assertNetwork(pods: PodManager): Promise<void> {
    while (!this.#abort.signal.aborted) {
      try {
        await this.#network.assert(pods.sandboxes);
      } catch (error) {
        this.log.error({ err: error }, 'cannot set up the pod network');
      }
      await delay(NETWORK_ASSERT_MS, this.#abort.signal);
    }
  }
}

const nodeSubject = (name: string): { apiVersion: string; kind: string; metadata: { name: string; uid: string } } => ({
  apiVersion: 'v1',
  kind: 'Node',
  // Upstream's kubelet names itself, not an object, in its own events.
  metadata: { name, uid: name },
});
