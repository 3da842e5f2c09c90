import type { EndpointSlice, Service } from '../../shared/api/kinds.ts';
import { keyOf } from '../../shared/api/meta.ts';
import { LOOKUP_NAMES, type Lookup } from './base-table.ts';
import { endpointsByPort } from './endpoints.ts';
import { servicePorts } from './service-port.ts';
import { nodeLocalRules, portRules, type NodeLocalBackend, type PortRules, type UdpFrontend } from './service-rules.ts';
import { usableEndpoints } from './usable-endpoints.ts';

/** What the rules of a node depend on, besides Services and their endpoints. */
export interface ProxyNode {
  readonly name: string;
  readonly zone: string | undefined;
  /** By `namespace/name/protocol/port name` (ServicePort.id): ports that the agent itself answers for. */
  readonly nodeLocal: ReadonlyMap<string, NodeLocalBackend>;
}

/** Everything in the table besides its fixed part, by name, as nft reads it. */
export interface RuleSet {
  readonly chains: ReadonlyMap<string, readonly string[]>;
  readonly affinity: ReadonlySet<string>;
  readonly elements: Readonly<Record<Lookup, ReadonlyMap<string, string>>>;
  /** By `ip:port`; not part of the table, but what connection tracking remembers of it. */
  readonly udp: ReadonlyMap<string, UdpFrontend>;
}

/** A table to which no Service has added anything. */
export const EMPTY: RuleSet = {
  chains: new Map(),
  affinity: new Set(),
  elements: emptyElements(),
  udp: new Map(),
};

function emptyElements(): Record<Lookup, Map<string, string>> {
  return Object.fromEntries(LOOKUP_NAMES.map((name) => [name, new Map<string, string>()])) as Record<
    Lookup,
    Map<string, string>
  >;
}

/**
 * The rules for all Services, in an order that does not depend on that of the input. Of two Services that want one
 * address and port (external addresses are not allocated by anybody), the one whose name sorts first has it.
 */
export function render(
  services: Iterable<Service>,
  slicesOf: (service: string) => readonly EndpointSlice[],
  node: ProxyNode,
  rulesOf: typeof serviceRules = serviceRules,
): RuleSet {
  const chains = new Map<string, readonly string[]>();
  const affinity = new Set<string>();
  const elements = emptyElements();
  const udp = new Map<string, UdpFrontend>();
  const sorted = [...services].map((service) => ({ key: keyOf(service), service }));
  sorted.sort((a, b) => (a.key < b.key ? -1 : 1));
  for (const { key, service } of sorted) {
    for (const rules of rulesOf(service, slicesOf(key), node)) {
      for (const [name, lines] of rules.chains) chains.set(name, lines);
      for (const name of rules.affinity) affinity.add(name);
      for (const { lookup, key: element, value } of rules.elements) {
        if (!elements[lookup].has(element)) elements[lookup].set(element, value);
      }
      for (const frontend of rules.udp) {
        const at = `${frontend.ip}:${frontend.port}`;
        if (!udp.has(at)) udp.set(at, frontend);
      }
    }
  }
  return { chains, affinity, elements, udp };
}

/** The rules of every port of one Service. */
export function serviceRules(service: Service, slices: readonly EndpointSlice[], node: ProxyNode): PortRules[] {
  const ports = servicePorts(service);
  if (ports.length === 0) return [];
  const endpoints = endpointsByPort(slices, node.name);
  // A Service with a selector has pods of its own: whoever brings their own DNS under our name gets it.
  const nodeLocal = service.spec?.selector ? undefined : node.nodeLocal;
  return ports.map((port) => {
    const backend = nodeLocal?.get(port.id);
    if (backend) return nodeLocalRules(port, backend);
    return portRules(port, usableEndpoints(endpoints.get(`${port.protocol}/${port.name}`) ?? [], port, node));
  });
}

interface Remembered {
  readonly service: Service;
  readonly slices: readonly EndpointSlice[];
  readonly node: ProxyNode;
  readonly rules: PortRules[];
}

/** `render` that remembers its last result: one changed Service of ten thousand costs one Service's work. */
export class Renderer {
  #last: ReadonlyMap<string, Remembered> = new Map();

  render(
    services: Iterable<Service>,
    slicesOf: (service: string) => readonly EndpointSlice[],
    node: ProxyNode,
  ): RuleSet {
    const next = new Map<string, Remembered>();
    const rules = render(services, slicesOf, node, (service, slices) => {
      const key = keyOf(service);
      const before = this.#last.get(key);
      const same =
        before?.service === service &&
        before.node === node &&
        before.slices.length === slices.length &&
        before.slices.every((slice, index) => slice === slices[index]);
      const entry = same ? before : { service, slices, node, rules: serviceRules(service, slices, node) };
      next.set(key, entry);
      return entry.rules;
    });
    this.#last = next;
    return rules;
  }
}
