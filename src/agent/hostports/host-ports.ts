import type { Pod } from '../../shared/api/kinds.ts';

/** A port of the machine that a pod asks for. */
export interface HostPort {
  /** The one address it is wanted on; `0.0.0.0` is all of them. */
  hostIp: string;
  hostPort: number;
  protocol: string;
  containerPort: number;
}

const EVERYWHERE = '0.0.0.0';

/** The ports of the machine a pod asks for: those of its containers and sidecars (scheduler/util GetHostPorts). */
export function hostPortsOf({ spec }: Pod): HostPort[] {
  const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  return [...(spec?.containers ?? []), ...sidecars].flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort, hostIP, protocol = 'TCP', containerPort }) =>
      hostPort ? [{ hostIp: hostIP || EVERYWHERE, hostPort, protocol, containerPort }] : [],
    ),
  );
}

/** Whether both cannot be had at once (framework.HostPortInfo.CheckConflict). */
export const portsConflict = (a: HostPort, b: HostPort): boolean =>
  a.hostPort === b.hostPort &&
  a.protocol === b.protocol &&
  (a.hostIp === b.hostIp || a.hostIp === EVERYWHERE || b.hostIp === EVERYWHERE);

export const TABLE = 'ip wheelhouse-hostports';

/** A pod of this machine with the address it has. */
export interface LocalPod {
  pod: Pod;
  ip: string;
}

/**
 * The nft table that leads machine ports to pods, as one transaction that replaces what there was; only its removal when
 * no pod has any. As the CNI plugin `portmap` does it: from outside, from pods and from the machine, though not by way
 * of 127.0.0.1, which kernels route nowhere. Pods on the machine's network listen themselves.
 */
export function hostPortTable(pods: readonly LocalPod[]): string {
  const mapped = pods
    .filter(({ pod }) => !pod.spec?.hostNetwork)
    .map(({ pod, ip }) => ({ ip, ports: hostPortsOf(pod) }))
    .filter(({ ports }) => ports.length > 0)
    .sort((a, b) => (a.ip < b.ip ? -1 : 1));
  const remove = `add table ${TABLE}\ndelete table ${TABLE}\n`;
  if (mapped.length === 0) return remove;
  const rules = mapped.flatMap(({ ip, ports }) => ports.map((port) => rule(port, ip)));
  // Before Docker's own ports (-100) and after Services (-110); masquerading as early as theirs.
  return `${remove}table ${TABLE} {
  chain ports {
    ${rules.join('\n    ')}
  }
  chain prerouting {
    type nat hook prerouting priority -105;
    fib daddr type local ip daddr != 127.0.0.0/8 jump ports
  }
  chain output {
    type nat hook output priority -105;
    fib daddr type local ip daddr != 127.0.0.0/8 jump ports
  }
  chain postrouting {
    type nat hook postrouting priority 85;
    ${mapped.map(({ ip }) => `ct status dnat ip saddr ${ip} ip daddr ${ip} masquerade fully-random`).join('\n    ')}
  }
}
`;
}

function rule({ hostIp, hostPort, protocol, containerPort }: HostPort, podIp: string): string {
  const address = hostIp === EVERYWHERE ? '' : `ip daddr ${hostIp} `;
  return `${address}${protocol.toLowerCase()} dport ${hostPort} dnat to ${podIp}:${containerPort}`;
}
