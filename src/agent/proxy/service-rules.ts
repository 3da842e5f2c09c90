import { createHash } from 'node:crypto';
import { fromPod, MARK_FOR_MASQUERADE, notFromPod, REJECT, type Lookup } from './base-table.ts';
import type { Endpoint } from './endpoints.ts';
import type { Protocol, ServicePort } from './service-port.ts';
import type { UsableEndpoints } from './usable-endpoints.ts';

/** An element of one of the base table's maps (`value` is a verdict) or sets (`value` is empty). */
export interface Element {
  readonly lookup: Lookup;
  readonly key: string;
  readonly value: string;
}

/** A UDP address that clients keep state about, and where it may lead to. */
export interface UdpFrontend {
  /** Empty: a port of the node itself. */
  readonly ip: string;
  readonly port: number;
  readonly backends: readonly string[];
}

/** All that one port of one Service adds to the base table. */
export interface PortRules {
  readonly chains: ReadonlyMap<string, readonly string[]>;
  /** Names of the sets of clients that stay with an endpoint. */
  readonly affinity: readonly string[];
  readonly elements: readonly Element[];
  readonly udp: readonly UdpFrontend[];
}

/** A listener of the agent itself that answers for a Service on this node. */
export interface NodeLocalBackend {
  readonly ip: string;
  readonly port: number;
  /** A second port at the Service's own address that leads there too. */
  readonly alsoAtPort?: number;
}

/** `HASH-namespace/name/tcp/port name`: unique, and readable in `nft list`. nft takes 240 characters at most. */
function baseName({ id }: ServicePort): string {
  const hash = createHash('sha256').update(id).digest('hex').slice(0, 8).toUpperCase();
  return `${hash}-${id}`.slice(0, 150);
}

/** Rules of one port of a Service (pkg/proxy/nftables/proxier.go syncProxyRules). */
export function portRules(port: ServicePort, usable: UsableEndpoints): PortRules {
  const build = new Builder(port);
  const cluster = build.balancer('service', usable.cluster, [
    // From the node itself, or from beyond: the endpoint must answer by way of us.
    notFromPod(`jump ${MARK_FOR_MASQUERADE}`),
  ]);
  const local = port.internalLocal || port.externalLocal ? build.balancer('local', usable.local, []) : undefined;
  // Where there are endpoints, but none that this traffic may use: dropped, as an answer would say that there are none.
  const missing = usable.any ? 'drop' : `goto ${REJECT}`;
  build.atServiceIp(port.clusterIp, port.internalLocal ? local : cluster, missing);
  build.element('cluster-ips', port.clusterIp);
  const outside = build.external(cluster, local);
  for (const ip of port.externalIps) build.atServiceIp(ip, outside, missing);
  const balanced = build.sourceRanges(outside);
  for (const ip of port.loadBalancerIps) build.atServiceIp(ip, balanced, missing);
  if (port.nodePort !== 0) build.atNodePort(outside, missing);
  const seen = new Set([...usable.cluster, ...usable.local].filter((endpoint) => endpoint.local).map(({ ip }) => ip));
  for (const ip of seen) build.element('hairpin-connections', `${ip} . ${ip}`);
  return build.done(usable);
}

/** Rules of a port that the agent itself answers for on this node, whatever its endpoints are elsewhere. */
export function nodeLocalRules(port: ServicePort, { ip, port: backend, alsoAtPort }: NodeLocalBackend): PortRules {
  const build = new Builder(port);
  const chain = build.chain('service', [`meta l4proto ${port.protocol} dnat ip to ${ip}:${backend}`]);
  build.atServiceIp(port.clusterIp, chain, `goto ${REJECT}`);
  if (alsoAtPort) build.element('service-ips', `${port.clusterIp} . ${port.protocol} . ${alsoAtPort}`, `goto ${chain}`);
  build.element('cluster-ips', port.clusterIp);
  build.element('node-local-listeners', `${ip} . ${port.protocol} . ${backend}`);
  return build.done({ cluster: [], local: [], any: true });
}

class Builder {
  readonly #chains = new Map<string, readonly string[]>();
  readonly #affinity: string[] = [];
  readonly #elements: Element[] = [];
  readonly #base: string;

  constructor(private readonly port: ServicePort) {
    this.#base = baseName(port);
  }

  chain(kind: string, rules: readonly string[]): string {
    const name = `${kind}-${this.#base}`;
    this.#chains.set(name, rules);
    return name;
  }

  /** A chain that picks one of these endpoints; undefined when there are none. */
  balancer(kind: string, endpoints: readonly Endpoint[], before: readonly string[]): string | undefined {
    if (endpoints.length === 0) return undefined;
    const { protocol, affinitySeconds } = this.port;
    const rules =
      affinitySeconds === undefined
        ? balance(protocol, endpoints)
        : this.#stickyRules(endpoints, affinitySeconds, protocol);
    return this.chain(kind, [...before, ...rules]);
  }

  /** First to where the client was before, else to any; each endpoint's chain remembers who came. */
  #stickyRules(endpoints: readonly Endpoint[], seconds: number, protocol: Protocol): string[] {
    const chains = endpoints.map(({ ip, port }) => {
      const suffix = `${this.#base}__${ip}/${port}`;
      this.#affinity.push(`affinity-${suffix}`);
      this.#chains.set(`endpoint-${suffix}`, [
        `update @affinity-${suffix} { ip saddr timeout ${seconds}s }`,
        `meta l4proto ${protocol} dnat ip to ${ip}:${port}`,
      ]);
      return suffix;
    });
    const count = chains.length;
    const picks = chains.map((suffix, index) => `${index} : goto endpoint-${suffix}`).join(', ');
    return [
      ...chains.map((suffix) => `ip saddr @affinity-${suffix} goto endpoint-${suffix}`),
      ...(count > MOST_WITHOUT_MAP
        ? [`numgen random mod ${count} vmap { ${picks} }`]
        : chains.map((suffix, index) => oneOf(count - index, `goto endpoint-${suffix}`))),
    ];
  }

  /** The chain for what comes to node ports, external addresses and load balancers. */
  external(cluster: string | undefined, local: string | undefined): string | undefined {
    const { port } = this;
    if (port.externalIps.length + port.loadBalancerIps.length === 0 && port.nodePort === 0) return undefined;
    if (!port.externalLocal) {
      return cluster && this.chain('external', [`jump ${MARK_FOR_MASQUERADE}`, `goto ${cluster}`]);
    }
    // What starts on this node is inside the cluster, whatever address it uses: it may go to any node.
    const short = cluster
      ? [
          fromPod(`goto ${cluster}`),
          `fib saddr type local jump ${MARK_FOR_MASQUERADE}`,
          `fib saddr type local goto ${cluster}`,
        ]
      : [];
    const rules = [...short, ...(local ? [`goto ${local}`] : short.length > 0 ? ['drop'] : [])];
    return rules.length > 0 ? this.chain('external', rules) : undefined;
  }

  /** Before `chain`, one that lets only the load balancer's source ranges through. */
  sourceRanges(chain: string | undefined): string | undefined {
    const { sourceRanges, loadBalancerIps } = this.port;
    if (!chain || sourceRanges.length === 0 || loadBalancerIps.length === 0) return chain;
    return this.chain('firewall', [`ip saddr != { ${sourceRanges.join(', ')} } drop`, `goto ${chain}`]);
  }

  atServiceIp(ip: string, chain: string | undefined, missing: string): void {
    const key = `${ip} . ${this.port.protocol} . ${this.port.port}`;
    if (chain) this.element('service-ips', key, `goto ${chain}`);
    else this.element('no-endpoint-services', key, missing);
  }

  atNodePort(chain: string | undefined, missing: string): void {
    const key = `${this.port.protocol} . ${this.port.nodePort}`;
    if (chain) this.element('service-nodeports', key, `goto ${chain}`);
    else this.element('no-endpoint-nodeports', key, missing);
  }

  element(lookup: Lookup, key: string, value = ''): void {
    this.#elements.push({ lookup, key, value });
  }

  done(usable: UsableEndpoints): PortRules {
    return {
      chains: this.#chains,
      affinity: this.#affinity,
      elements: this.#elements,
      udp: this.port.protocol === 'udp' ? udpFrontends(this.port, usable) : [],
    };
  }
}

/**
 * Up to so many endpoints are chosen among by a rule each instead of by a map in one rule: the kernel names every such
 * map by searching all others of the table, and 10,000 of them take it a minute.
 */
const MOST_WITHOUT_MAP = 8;

/** Rules that send a new connection to an endpoint, each as likely as any other. */
function balance(protocol: Protocol, endpoints: readonly Endpoint[]): string[] {
  const count = endpoints.length;
  if (count > MOST_WITHOUT_MAP) {
    const picks = endpoints.map(({ ip, port }, index) => `${index} : ${ip} . ${port}`).join(', ');
    return [`meta l4proto ${protocol} dnat ip to numgen random mod ${count} map { ${picks} }`];
  }
  return endpoints.map(({ ip, port }, index) =>
    oneOf(count - index, `meta l4proto ${protocol} dnat ip to ${ip}:${port}`),
  );
}

/** The rule for one packet in `count`: of those that are left, the last takes all. */
const oneOf = (count: number, rule: string): string => (count === 1 ? rule : `numgen random mod ${count} 0 ${rule}`);

function udpFrontends(port: ServicePort, usable: UsableEndpoints): UdpFrontend[] {
  const backends = [...new Set([...usable.cluster, ...usable.local].map(({ ip }) => ip))];
  const at = (ip: string, number: number): UdpFrontend => ({ ip, port: number, backends });
  return [
    ...[port.clusterIp, ...port.externalIps, ...port.loadBalancerIps].map((ip) => at(ip, port.port)),
    ...(port.nodePort === 0 ? [] : [at('', port.nodePort)]),
  ];
}
