import type { Amount } from '../../shared/api/amount.ts';
import type { Node, Pod } from '../../shared/api/kinds.ts';
import { matchesTerm } from '../../shared/api/node-selector.ts';
import { podRequests } from '../../shared/quota/pod-resources.ts';
import { hostPortsOf, portsConflict } from '../hostports/host-ports.ts';
import type { PodEnd } from './pod-end.ts';

/** What the kubelet's admission looks at besides the pod. */
export interface AdmissionView {
  /** Pods that hold something of this machine, without the one to be admitted. */
  others: readonly Pod[];
  /** Our own Node; undefined until it is known. */
  node: Node | undefined;
  allocatable: { milliCpu: number; memoryBytes: number };
  maxPods: number;
  appArmor: boolean;
}

/** Sysctls that a pod cannot harm others with (pkg/kubelet/sysctl/safe_sysctls.go). */
const SAFE_SYSCTLS: ReadonlySet<string> = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
]);

/**
 * Why a pod that was bound to this machine cannot run here, in the words of the kubelet's admission handlers
 * (pkg/kubelet/lifecycle/predicate.go, sysctl/allowlist.go); undefined when it can. Only for pods that have not begun.
 */
export function rejectionOf(pod: Pod, view: AdmissionView): PodEnd | undefined {
  return (
    sysctlRejection(pod) ??
    unsupported(pod, view) ??
    resourceRejection(pod, view) ??
    affinityRejection(pod, view.node) ??
    portRejection(pod, view.others)
  );
}

/** The end of a pod that was not admitted (kubelet.go rejectPod). */
export const rejected = ({ reason, message }: PodEnd): PodEnd => ({
  reason,
  message: `Pod was rejected: ${message}`,
});

function sysctlRejection({ spec }: Pod): PodEnd | undefined {
  for (const { name } of spec?.securityContext?.sysctls ?? []) {
    const sysctl = name.replaceAll('/', '.');
    const ofNetwork = sysctl.startsWith('net.');
    if (!SAFE_SYSCTLS.has(sysctl)) return forbiddenSysctl(name, 'not allowlisted');
    if (ofNetwork && spec?.hostNetwork) return forbiddenSysctl(name, 'not allowed with host net enabled');
    if (!ofNetwork && spec?.hostIPC) return forbiddenSysctl(name, 'not allowed with host ipc enabled');
  }
  return undefined;
}

const forbiddenSysctl = (name: string, why: string): PodEnd => ({
  reason: 'SysctlForbidden',
  message: `forbidden sysctl: "${name}" ${why}`,
});

function unsupported({ spec }: Pod, { appArmor }: AdmissionView): PodEnd | undefined {
  if (spec?.os && spec.os.name !== 'linux')
    return { reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS" };
  if (spec?.securityContext?.supplementalGroupsPolicy === 'Strict')
    return {
      reason: 'SupplementalGroupsPolicyNotSupported',
      message: 'SupplementalGroupsPolicy=Strict is not supported in this node',
    };
  const contexts = [spec, ...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  const confined = contexts.some((each) => {
    const type = each?.securityContext?.appArmorProfile?.type;
    return type !== undefined && type !== 'Unconfined';
  });
  return confined && !appArmor
    ? { reason: 'AppArmor', message: 'Cannot enforce AppArmor: AppArmor is not enabled on the host' }
    : undefined;
}

const MILLI = 1_000_000n;
const WHOLE = 1_000_000_000n;

function resourceRejection(pod: Pod, { others, allocatable, maxPods }: AdmissionView): PodEnd | undefined {
  if (others.length + 1 > maxPods) return outOf('pods', 1n, BigInt(others.length), BigInt(maxPods));
  const requested = podRequests(pod);
  const used = others.map(podRequests);
  const limits: [string, bigint, number][] = [
    ['cpu', MILLI, allocatable.milliCpu],
    ['memory', WHOLE, allocatable.memoryBytes],
  ];
  for (const [name, unit, capacity] of limits) {
    const wanted = inUnits(requested.get(name), unit);
    const taken = used.reduce((sum, each) => sum + inUnits(each.get(name), unit), 0n);
    if (wanted > 0n && taken + wanted > BigInt(capacity)) return outOf(name, wanted, taken, BigInt(capacity));
  }
  return undefined;
}

const inUnits = (amount: Amount | undefined, unit: bigint): bigint => ((amount?.nano ?? 0n) + unit - 1n) / unit;

const outOf = (name: string, requested: bigint, used: bigint, capacity: bigint): PodEnd => ({
  reason: `OutOf${name}`,
  message: `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
});

function affinityRejection({ spec }: Pod, node: Node | undefined): PodEnd | undefined {
  if (!node) return undefined;
  const labels = node.metadata?.labels ?? {};
  const selected = Object.entries(spec?.nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
  const terms = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (selected && (!terms || terms.some((term) => matchesTerm(term, { name: node.metadata?.name ?? '', labels }))))
    return undefined;
  return predicate('NodeAffinity', "node(s) didn't match Pod's node affinity/selector");
}

function portRejection(pod: Pod, others: readonly Pod[]): PodEnd | undefined {
  const wanted = hostPortsOf(pod);
  const taken = wanted.length === 0 ? [] : others.flatMap(hostPortsOf);
  return wanted.some((port) => taken.some((other) => portsConflict(port, other)))
    ? predicate('NodePorts', "node(s) didn't have free ports for the requested pod ports")
    : undefined;
}

const predicate = (name: string, why: string): PodEnd => ({
  reason: name,
  message: `Predicate ${name} failed: ${why}`,
});
