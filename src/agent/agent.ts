import { join } from 'node:path';
import Docker from 'dockerode';
import { Registry } from 'prom-client';
import { AGENT_CONTAINER, MACHINE_DIR, type AgentConfig } from '../shared/agent-config.ts';
import { NODES, type Node, type Pod } from '../shared/api/kinds.ts';
import { ApiClient } from '../shared/client/api-client.ts';
import { delay } from '../shared/client/backoff.ts';
import { Informer } from '../shared/client/informer.ts';
import type { Clock, Logger } from '../shared/logger.ts';
import { HttpTransport } from './api/http-transport.ts';
import { TunnelAgent } from './api/tunnel-agent.ts';
import { EventJournal } from './events/event-journal.ts';
import { NodeHostPorts } from './hostports/node-host-ports.ts';
import { IngressContainer } from './ingress/ingress-container.ts';
import { IngressFiles } from './ingress/ingress-files.ts';
import { NodeIngress } from './ingress/node-ingress.ts';
import type { Pressure } from './eviction/thresholds.ts';
import { measureNode } from './measure-node.ts';
import { NodeKeeper } from './node-keeper.ts';
import { gatewayOf, parseCidr } from './network/cidr.ts';
import { PodAddresses } from './network/pod-addresses.ts';
import { NetworkKeeper } from './network/network-keeper.ts';
import { runCommand, runOnMachine } from './network/run-command.ts';
import { ipv4Addresses, readMachineFacts, type MachineFacts } from './node/machine-facts.ts';
import { kubeletConfiguration } from './node/kubelet-configuration.ts';
import { nodeSubject } from './node/node-subject.ts';
import { NodeLease } from './node/node-lease.ts';
import { NodeRegistration } from './node/node-registration.ts';
import {
  allocatableOf,
  MAX_PODS,
  internalIp,
  nodeStatus,
  type NodeCondition,
  type NodeStatus,
} from './node/node-status.ts';
import { NodePolicies } from './policy/node-policies.ts';
import type { NodeDns } from './policy/render.ts';
import { PodManager } from './pods/pod-manager.ts';
import { StatusReporter } from './pods/status-reporter.ts';
import { NodeServices } from './proxy/node-services.ts';
import { Prober } from './probes/prober.ts';
import { DNS_PORT } from './proxy/node-services.ts';
import { DockerRuntime, dockerSocketPath } from './runtime/docker-runtime.ts';
import { execProbe } from './runtime/exec-probe.ts';
import { ImagePuller } from './runtime/image-puller.ts';
import { ImageStore } from './runtime/image-store.ts';
import { KubeletServer } from './server/kubelet-server.ts';
import { podConnector } from './server/pod-connection.ts';
import { runningPods } from './server/running-pods.ts';
import { TargetFinder } from './server/target.ts';
import { Checkpoint } from './state/checkpoint.ts';
import { ObjectSource } from './state/object-source.ts';
import { TokenSource } from './state/token-source.ts';
import { ProbeMetrics } from './stats/probe-metrics.ts';
import { VolumeDirectories } from './volumes/volume-directories.ts';
import { VolumeSetup } from './volumes/volume-setup.ts';

/** The whole agent: builds every part, and owns the order in which they start and stop. */
export class NodeAgent {
  readonly #abort = new AbortController();
  readonly #docker: Docker;
  readonly #transportAgent: TunnelAgent;
  readonly #client: ApiClient;
  readonly #services: NodeServices;
  /** Our Node as it was last seen in the API. */
  #ownNode: Node | undefined;
  /** Everything that is counted on this machine, for `/metrics`. */
  readonly #registry = new Registry();
  readonly #probeMetrics = new ProbeMetrics();
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
    this.#services = new NodeServices(
      { client: this.#client, run: runCommand, clock, log, registry: this.#registry },
      config,
    );
  }

  /** Starts everything; resolves when pods of the checkpoint are being looked after and the kubelet API listens. */
  async start(): Promise<void> {
    const { config, clock, log } = this;
    const facts = await this.#waitForFacts();
    await this.#addresses.load();
    const network: NetworkKeeper = new NetworkKeeper({
      config,
      client: this.#client,
      run: runCommand,
      runOnMachine,
      sandboxes: () => pods.sandboxes,
      onReady: () => {
        registration.poke();
        pods.triggerAll();
      },
      log,
    });
    await network.load();
    await this.#services.start();
    if (network.network.podCidr) this.#services.setPodCidr(network.network.podCidr);
    const events = new EventJournal({
      client: this.#client,
      file: join(config.stateDir, 'events.json'),
      host: config.nodeName,
      clock,
      log,
    });
    const reporter = new StatusReporter({ client: this.#client, clock, log });
    const runtime = new DockerRuntime(this.#docker, config.clusterId);
    const registration: NodeRegistration = this.#registration(
      facts,
      () => this.#notReady(pods, network),
      () => ({ runtimeError: pods.runtimeError, pressures: keeper.pressures }),
      () => pods.triggerAll(),
    );
    const policies: NodePolicies = this.#policies(network, () => pods);
    const pods: PodManager = this.#podManager(facts, runtime, network, policies, events, reporter, () =>
      registration.poke(),
    );
    const ingress = this.#ingress(network, events);
    const { sampler, metrics, counters } = measureNode({
      config,
      docker: this.#docker,
      facts,
      runtime,
      pods,
      registry: this.#registry,
      probes: this.#probeMetrics,
      clock,
      log,
    });
    const keeper: NodeKeeper = new NodeKeeper({
      config,
      docker: this.#docker,
      facts,
      runtime,
      pods,
      sampler,
      counters,
      event: (type, reason, message) => events.record(nodeSubject(config.nodeName), type, reason, message),
      onPressure: () => registration.poke(),
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
      runningPods: async () => runningPods((await runtime.observeAll()).values()),
      metrics: (path) => metrics.scrape(path),
      configz: () => kubeletConfiguration(config),
      volumeDirectories: new VolumeDirectories(join(MACHINE_DIR, 'volumes')),
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
    this.#watchOwnNode(network, registration);
    await policies.start();
    await ingress.start();
    await pods.start();
    network.start();
    sampler.start();
    keeper.start();
    events.record(nodeSubject(config.nodeName), 'Normal', 'Starting', 'Starting kubelet.');
    this.#stops.push(
      () => pods.stop(),
      () => network.stop(),
      () => this.#services.stop(),
      () => policies.stop(),
      () => ingress.stop(),
      () => keeper.stop(),
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
    network: NetworkKeeper,
    policies: NodePolicies,
    events: EventJournal,
    reporter: StatusReporter,
    onRuntimeHealth: () => void,
  ): PodManager {
    const { config, clock, log } = this;
    const images = new ImageStore(this.#docker);
    const tokens = new TokenSource({
      client: this.#client,
      directory: join(config.stateDir, 'tokens'),
      clock: this.clock,
      random: Math.random,
      log: this.log,
    });
    const objects = new ObjectSource(this.#client, join(config.stateDir, 'objects'), tokens);
    const prober = new Prober({
      clock,
      exec: (id) => execProbe(this.#docker, id),
      unhealthy: (pod, container, message) => events.podEvent(pod, 'Warning', 'Unhealthy', message, container),
      onChange: (uid) => manager.trigger(uid),
      outcome: (pod, container, kind, ok) => this.#probeMetrics.count(pod, container, kind, ok),
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
    const hostPorts = new NodeHostPorts({ run: runCommand, local: () => this.#local(manager), log });
    this.#stops.push(
      () => prober.stop(),
      () => hostPorts.stop(),
    );
    const manager: PodManager = new PodManager(
      {
        client: this.#client,
        runtime,
        images,
        puller,
        objects,
        volumes: new VolumeSetup({ runOnMachine, claims: objects }),
        network: network.network,
        addresses: this.#addresses,
        policies,
        hostPorts,
        events,
        checkpoint: new Checkpoint(join(config.stateDir, 'pods')),
        reporter,
        prober,
        services: this.#services,
        clusterDomain: config.clusterDomain,
        machine: {
          get hostIp() {
            return internalIp(config, facts);
          },
          allocatable: allocatableOf(facts),
          memoryCapacityBytes: facts.memoryBytes,
          maxPods: MAX_PODS,
          node: () => this.#ownNode,
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

  #policies(network: NetworkKeeper, pods: () => PodManager): NodePolicies {
    const { config, log } = this;
    return new NodePolicies({
      client: this.#client,
      run: runCommand,
      stateDir: config.stateDir,
      local: () => this.#local(pods()),
      dns: () => dnsOf(network),
      log,
    });
  }

  /** The pods of this machine that have an address in the pod network. */
  #local(pods: PodManager): { pod: Pod; ip: string }[] {
    return pods.pods().flatMap((pod) => {
      const ip = this.#addresses.get(pod.metadata?.uid ?? '');
      return ip === undefined ? [] : [{ pod, ip }];
    });
  }

  #ingress(network: NetworkKeeper, events: EventJournal): NodeIngress {
    const { config, clock, log } = this;
    const files = new IngressFiles(join(MACHINE_DIR, 'ingress', 'conf'), join(MACHINE_DIR, 'ingress', 'log'));
    return new NodeIngress({
      client: this.#client,
      nodeName: config.nodeName,
      stateDir: config.stateDir,
      files,
      container: new IngressContainer({
        docker: this.#docker,
        agentContainer: AGENT_CONTAINER,
        clusterId: config.clusterId,
        confDir: files.confDir,
        logDir: files.logDir,
      }),
      services: this.#services,
      resolver: () => {
        const dns = dnsOf(network);
        return dns && `${dns.ip}:${dns.port}`;
      },
      events,
      clock,
      log,
    });
  }

  get #addresses(): PodAddresses {
    return (this.#podAddresses ??= new PodAddresses(join(this.config.stateDir, 'addresses.json')));
  }
  #podAddresses: PodAddresses | undefined;

  #registration(
    facts: MachineFacts,
    notReady: () => string | undefined,
    now: () => { runtimeError: string | undefined; pressures: ReadonlySet<Pressure> },
    onAddressChange: () => void,
  ): NodeRegistration {
    const { config, clock, log } = this;
    const status = async (before: NodeCondition[]): Promise<NodeStatus> => {
      const { runtimeError, pressures } = now();
      const images = runtimeError ? [] : await new ImageStore(this.#docker).list();
      const was = internalIp(config, facts);
      // In place: pods are told the machine's address from the same facts.
      facts.addresses = ipv4Addresses();
      if (internalIp(config, facts) !== was) onAddressChange();
      return nodeStatus({ config, facts, pressures, images, notReady: notReady(), before, now: clock.now() });
    };
    return new NodeRegistration({ client: this.#client, config, facts, status, clock, log });
  }

  #notReady({ runtimeError }: PodManager, { problem }: NetworkKeeper): string | undefined {
    if (runtimeError !== undefined) return `container runtime is down: ${runtimeError}`;
    if (problem === undefined) return undefined;
    const plugin = `NetworkReady=false reason:NetworkPluginNotReady message:${problem}`;
    return `container runtime network not ready: ${plugin}`;
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

  #watchOwnNode(network: NetworkKeeper, registration: NodeRegistration): void {
    const nodes = new Informer(this.#client, NODES, {
      fieldSelector: `metadata.name=${this.config.nodeName}`,
      onError: (error) => this.log.debug({ err: error }, 'cannot watch our node'),
    });
    nodes.onDidChange((change) => {
      if (change.type === 'deleted') return registration.registerAgain();
      this.#ownNode = change.object;
      registration.observed(change.object);
      this.#services.observedNode(change.object);
      void network.observed(change.object).catch((error: unknown) => {
        this.log.error({ err: error }, 'cannot set up the pod network');
      });
    });
    void nodes.start();
    this.#stops.push(() => nodes.stop());
  }
}

/** Where this node's DNS server is; undefined until the node has its range. */
function dnsOf({ network: { podCidr } }: NetworkKeeper): NodeDns | undefined {
  return podCidr === undefined ? undefined : { ip: gatewayOf(parseCidr(podCidr)), port: DNS_PORT };
}
