import { join } from 'node:path';
import type { Registry } from 'prom-client';
import { ENDPOINT_SLICES, SERVICES, type EndpointSlice, type Node, type Service } from '../../shared/api/kinds.ts';
import { keyOf } from '../../shared/api/meta.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import { delay } from '../../shared/client/backoff.ts';
import type { Clock, Logger } from '../../shared/logger.ts';
import { dnsMetrics } from '../dns/dns-metrics.ts';
import { DnsServer } from '../dns/dns-server.ts';
import { Forwarder } from '../dns/forwarder.ts';
import { mirrorView, SERVICE_INDEXERS, SLICE_INDEXERS } from '../dns/mirror-view.ts';
import { Resolver } from '../dns/resolver.ts';
import { exchange } from '../dns/upstream-exchange.ts';
import { machineUpstreams } from '../dns/upstreams.ts';
import { gatewayOf, parseCidr } from '../network/cidr.ts';
import type { RunCommand } from '../network/run-command.ts';
import { ObjectMirror } from '../state/object-mirror.ts';
import { ApiGateway } from './api-gateway.ts';
import { endpointsByPort, serviceOf, type Endpoint } from './endpoints.ts';
import { HealthCheckServer, healthChecks } from './health-check-server.ts';
import { proxyMetrics } from './proxy-metrics.ts';
import type { ProxyNode } from './render.ts';
import type { NodeLocalBackend } from './service-rules.ts';
import { ServiceProxy } from './service-proxy.ts';

export interface NodeServicesDeps {
  client: ApiClient;
  run: RunCommand;
  clock: Clock;
  log: Logger;
  /** Where counters of the proxy and of DNS are kept. */
  registry: Registry;
}

export interface NodeServicesOptions {
  nodeName: string;
  /** Socket that leads to the API server. */
  apiSocket: string;
  clusterDomain: string;
  stateDir: string;
}

/** Where the agent answers for the `kubernetes` and `kube-dns` Services, at the gateway address of its pods. */
const API_PORT = 6443;
/** Not 53: a resolver of the machine's own may have that, at every address. */
export const DNS_PORT = 10_053;
const CLUSTER_DNS = 'kube-system/kube-dns';
const RETRY_MS = 1_000;

const elapsed = (): number => performance.now();

/** Services and names on this node: mirrors what they depend on, and runs the proxy, DNS and the way to the API server. */
export class NodeServices {
  readonly #services: ObjectMirror<Service>;
  readonly #slices: ObjectMirror<EndpointSlice>;
  readonly #proxy: ServiceProxy;
  readonly #dns: DnsServer;
  readonly #gateway: ApiGateway;
  readonly #healthChecks: HealthCheckServer;
  readonly #abort = new AbortController();
  #listening: Promise<void> = Promise.resolve();
  #rebind: AbortController | undefined;
  #gatewayIp: string | undefined;
  #node: ProxyNode;

  constructor(
    private readonly deps: NodeServicesDeps,
    options: NodeServicesOptions,
  ) {
    const { client, run, log, clock } = deps;
    const { nodeName, stateDir, clusterDomain: domain } = options;
    this.#node = { name: nodeName, zone: undefined, nodeLocal: new Map() };
    this.#services = new ObjectMirror(client, SERVICES, {
      file: join(stateDir, 'services.json'),
      indexers: SERVICE_INDEXERS,
      log,
    });
    this.#slices = new ObjectMirror(client, ENDPOINT_SLICES, {
      file: join(stateDir, 'endpointslices.json'),
      indexers: SLICE_INDEXERS,
      log,
    });
    this.#healthChecks = new HealthCheckServer(log);
    const metrics = proxyMetrics(deps.registry);
    this.#proxy = new ServiceProxy({
      run,
      state: () =>
        this.#services.isKnown && this.#slices.isKnown
          ? {
              services: this.#services.list(),
              slicesOf: (key) => this.#slices.byIndex('service', key),
              node: this.#node,
            }
          : undefined,
      onSynced: (state, tookMs) => {
        metrics.synced(tookMs);
        this.#healthChecks.update(healthChecks(state.services, state.slicesOf, nodeName));
      },
      elapsed,
      log,
    });
    const names = dnsMetrics(deps.registry);
    const view = mirrorView(this.#services, this.#slices);
    const resolver = new Resolver({
      view: () =>
        this.#services.isKnown && this.#slices.isKnown
          ? { view, settings: { domain, serverIp: this.clusterDnsIp ?? '' } }
          : undefined,
      forwarder: new Forwarder({
        upstreams: machineUpstreams(() => [this.clusterDnsIp ?? '', this.#gatewayIp ?? '']),
        exchange,
        elapsed,
        onOutcome: (outcome) => names.forwarded(outcome),
      }),
      domain,
      metrics: names,
      random: Math.random,
      serial: () => Math.floor(clock.now() / 1000),
    });
    this.#dns = new DnsServer(resolver, log);
    this.#gateway = new ApiGateway(options.apiSocket);
  }

  /** Resolves when what was known before is known again; the API server is not waited for. */
  async start(): Promise<void> {
    this.#services.onDidChange(() => this.#proxy.poke());
    this.#slices.onDidChange(() => this.#proxy.poke());
    await Promise.all([this.#services.start(), this.#slices.start()]);
    this.#proxy.start();
  }

  /** Stops answering; the rules stay. */
  async stop(): Promise<void> {
    this.#abort.abort();
    this.#rebind?.abort();
    await this.#proxy.stop();
    await this.#listening;
    await Promise.all([this.#dns.close(), this.#gateway.close(), this.#services.stop(), this.#slices.stop()]);
    this.#healthChecks.close();
  }

  /** Every Service as far as known; undefined before anything is. */
  get services(): readonly Service[] | undefined {
    return this.#services.isKnown ? this.#services.list() : undefined;
  }

  /** Whether Services and their endpoints are known: from the API server or from the copy of earlier. */
  get isKnown(): boolean {
    return this.#services.isKnown && this.#slices.isKnown;
  }

  service(key: string): Service | undefined {
    return this.#services.get(key);
  }

  /** Endpoints of a Service by `protocol/port name`. */
  endpoints(key: string): Map<string, Endpoint[]> {
    return endpointsByPort(this.#slices.byIndex('service', key), this.#node.name);
  }

  /** Calls `handler` with `namespace/name` of each Service that has changed, or whose endpoints have. */
  onDidChange(handler: (service: string) => void): void {
    this.#services.onDidChange((service) => handler(keyOf(service)));
    this.#slices.onDidChange((slice) => handler(serviceOf(slice) ?? ''));
  }

  /** Where this cluster's pods ask for names; undefined when there is no such Service. */
  get clusterDnsIp(): string | undefined {
    const ip = this.#services.get(CLUSTER_DNS)?.spec?.clusterIP;
    return ip && ip !== 'None' ? ip : undefined;
  }

  /** The range of this node's pods: its gateway is where the agent listens for them. */
  setPodCidr(podCidr: string): void {
    const ip = gatewayOf(parseCidr(podCidr));
    if (ip === this.#gatewayIp) return;
    this.#gatewayIp = ip;
    this.#setNode({ nodeLocal: nodeLocalBackends(ip) });
    this.#rebind?.abort();
    const rebind = (this.#rebind = new AbortController());
    this.#listening = this.#listening.then(() => this.#listen(ip, rebind.signal));
  }

  /** Our own Node as the API server has it. */
  observedNode({ metadata, spec }: Node): void {
    const zone = metadata?.labels?.['topology.kubernetes.io/zone'];
    if (zone !== this.#node.zone) this.#setNode({ zone });
    if (spec?.podCIDR) this.setPodCidr(spec.podCIDR);
  }

  #setNode(change: Partial<ProxyNode>): void {
    this.#node = { ...this.#node, ...change };
    this.#proxy.poke();
  }

  /** Until it listens: at the start the address is not there yet. */
  async #listen(ip: string, signal: AbortSignal): Promise<void> {
    await Promise.all([this.#dns.close(), this.#gateway.close()]);
    const listeners = [
      { what: 'DNS', listen: () => this.#dns.listen(ip, DNS_PORT) },
      { what: 'the way to the API server', listen: () => this.#gateway.listen(ip, API_PORT) },
    ];
    await Promise.all(
      listeners.map(async ({ what, listen }) => {
        while (!signal.aborted) {
          try {
            await listen();
            return;
          } catch (error) {
            const missing = (error as NodeJS.ErrnoException).code === 'EADDRNOTAVAIL';
            this.deps.log[missing ? 'debug' : 'warn']({ err: error, ip }, `cannot listen for ${what} yet`);
            await delay(RETRY_MS, signal);
          }
        }
      }),
    );
  }
}

function nodeLocalBackends(ip: string): ReadonlyMap<string, NodeLocalBackend> {
  return new Map<string, NodeLocalBackend>([
    // The Endpoints of `kubernetes` name its own address with the API server's port, so that both lead there.
    ['default/kubernetes/tcp/https', { ip, port: API_PORT, alsoAtPort: API_PORT }],
    [`${CLUSTER_DNS}/udp/dns`, { ip, port: DNS_PORT }],
    [`${CLUSTER_DNS}/tcp/dns-tcp`, { ip, port: DNS_PORT }],
  ]);
}
