/** What a name under the cluster's domain asks for (DNS-Based Service Discovery for Kubernetes, version 1.1.0). */
export type ClusterName =
  | { kind: 'apex' }
  /** `dns-version.ZONE`. */
  | { kind: 'version' }
  /** `ns.dns.ZONE`: who we say we are. */
  | { kind: 'server' }
  /** A name with names below it and nothing at it. */
  | { kind: 'branch'; namespace?: string }
  | {
      kind: 'service';
      namespace: string;
      service: string;
      /** The host part of one endpoint. */
      endpoint?: string;
      /** Of a name that asks for SRV: `_http._tcp`. Without their underscores. */
      port?: string;
      protocol?: string;
    }
  | { kind: 'pod'; namespace: string; address: string }
  | { kind: 'none' };

/** Reads a lower-case name without its last dot; undefined when it is not under `domain`. */
export function parseClusterName(name: string, domain: string): ClusterName | undefined {
  if (name === domain) return { kind: 'apex' };
  if (!name.endsWith(`.${domain}`)) return undefined;
  const labels = name.slice(0, -domain.length - 1).split('.');
  const last = labels.pop();
  if (last === 'dns-version' && labels.length === 0) return { kind: 'version' };
  if (last === 'dns') {
    if (labels.length === 0) return { kind: 'branch' };
    return labels.length === 1 && labels[0] === 'ns' ? { kind: 'server' } : { kind: 'none' };
  }
  const namespace = labels.pop();
  if (last === 'svc') return namespace === undefined ? { kind: 'branch' } : parseService(labels, namespace);
  if (last !== 'pod') return { kind: 'none' };
  if (namespace === undefined) return { kind: 'branch' };
  if (labels.length === 0) return { kind: 'branch', namespace };
  return labels.length === 1 ? { kind: 'pod', namespace, address: labels[0] ?? '' } : { kind: 'none' };
}

function parseService(labels: string[], namespace: string): ClusterName {
  const service = labels.pop();
  if (service === undefined) return { kind: 'branch', namespace };
  const found = { kind: 'service' as const, namespace, service };
  const [first = '', second = ''] = labels;
  if (labels.length === 0) return found;
  if (labels.length === 1) {
    // `_tcp` alone is a branch over the ports below it; with a service's other names it may not clash.
    return first.startsWith('_') ? { ...found, protocol: first.slice(1) } : { ...found, endpoint: first };
  }
  if (labels.length > 2 || !first.startsWith('_') || !second.startsWith('_')) return { kind: 'none' };
  return { ...found, port: first.slice(1), protocol: second.slice(1) };
}

/** The IPv4 address of `4.3.2.1.in-addr.arpa`; undefined for every other name. */
export function reverseAddress(name: string): string | undefined {
  const octets = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/.exec(name)?.slice(1);
  return octets?.reverse().join('.');
}
