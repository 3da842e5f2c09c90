import type { NetworkPolicy, Pod } from '../../shared/api/kinds.ts';
import { matchesLabelSelector, type LabelSelector } from '../../shared/api/selector.ts';

/** A pod as NetworkPolicies see it. */
export interface PolicyPod {
  namespace: string;
  labels: Readonly<Record<string, string>>;
  ip: string;
  /** Named ports, for policies that name them. */
  ports: readonly { name: string; protocol: string; port: number }[];
}

/** Everything that decides who may talk to whom. */
export interface PolicyWorld {
  policies: readonly NetworkPolicy[];
  /** Labels by namespace. */
  namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** Pods of all nodes that have an address. */
  pods: readonly PolicyPod[];
  /** Those of this node: whose traffic is decided here. */
  local: readonly PolicyPod[];
}

export type Direction = 'ingress' | 'egress';
type Peer = NonNullable<NonNullable<NonNullable<NetworkPolicy['spec']>['ingress']>[number]['from']>[number];

/** The pod as policies see it; undefined without an address of its own, or when it has ended. */
export function policyPod(pod: Pod, ip: string | undefined = pod.status?.podIP): PolicyPod | undefined {
  const { metadata, spec, status } = pod;
  if (!ip || spec?.hostNetwork || status?.phase === 'Succeeded' || status?.phase === 'Failed') return undefined;
  // Sidecars are init containers that stay, and serve as any other.
  const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  return {
    namespace: metadata?.namespace ?? '',
    labels: metadata?.labels ?? {},
    ip,
    ports: [...(spec?.containers ?? []), ...sidecars].flatMap(({ ports = [] }) =>
      ports.flatMap(({ name, protocol = 'TCP', containerPort }) =>
        name ? [{ name, protocol, port: containerPort }] : [],
      ),
    ),
  };
}

/**
 * Whether a policy decides this direction. Without policyTypes it is ingress always, and egress when it has egress
 * rules (the API server's default says the same).
 */
export function decides(policy: NetworkPolicy, direction: Direction): boolean {
  const { policyTypes, egress } = policy.spec ?? {};
  if (policyTypes) return policyTypes.includes(direction === 'ingress' ? 'Ingress' : 'Egress');
  return direction === 'ingress' || egress !== undefined;
}

/** Whether a policy is about this pod. */
export const selects = (policy: NetworkPolicy, pod: PolicyPod): boolean =>
  policy.metadata?.namespace === pod.namespace &&
  matchesLabelSelector((policy.spec?.podSelector ?? {}) as LabelSelector, pod.labels);

/** The pods a peer means, by its selectors; a policy's own namespace where it names none. Never for an ipBlock. */
export function podsOfPeer(peer: Peer, policyNamespace: string, world: PolicyWorld): PolicyPod[] {
  const { namespaceSelector, podSelector } = peer;
  const inNamespace = (namespace: string): boolean => {
    if (!namespaceSelector) return namespace === policyNamespace;
    const labels = world.namespaces.get(namespace);
    return labels !== undefined && matchesLabelSelector(namespaceSelector as LabelSelector, labels);
  };
  return world.pods.filter(
    (pod) =>
      inNamespace(pod.namespace) && (!podSelector || matchesLabelSelector(podSelector as LabelSelector, pod.labels)),
  );
}
