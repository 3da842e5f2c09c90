import type { Lease, Node } from '../../../shared/api/kinds.ts';
import { timestamp } from '../runtime/timestamp.ts';
import type { NodeLifecycleOptions } from './options.ts';

export type NodeCondition = NonNullable<NonNullable<Node['status']>['conditions']>[number];
export type Readiness = 'True' | 'False' | 'Unknown';

/**
 * What is remembered of a node between looks. All times are this machine's clock at the moment a change was *seen*:
 * a node's own clock may be wrong by an hour without harm.
 */
export interface NodeHealth {
  /** When the last sign of life was seen. */
  probeAt: number;
  heartbeat: string | undefined;
  renewTime: string | undefined;
  hadReady: boolean;
}

/** Silent nodes lose these; NetworkUnavailable is set by the network, not the kubelet. */
const KUBELET_CONDITIONS = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

export function readyCondition(node: Node): NodeCondition | undefined {
  return node.status?.conditions?.find((condition) => condition.type === 'Ready');
}

/** A node that never posted a Ready condition counts as Unknown. */
export function readinessOf(node: Node): Readiness {
  const status = readyCondition(node)?.status;
  return status === 'True' || status === 'False' ? status : 'Unknown';
}

/**
 * Takes in what is seen of a node now: a renewed lease, or status with a new heartbeat, is a sign of life. A node
 * seen for the first time, also after a restart of this process, starts with a full grace period.
 */
export function observe(known: NodeHealth | undefined, node: Node, lease: Lease | undefined, now: number): NodeHealth {
  const ready = readyCondition(node);
  const next: NodeHealth = {
    probeAt: known?.probeAt ?? now,
    heartbeat: ready?.lastHeartbeatTime,
    renewTime: lease?.spec?.renewTime,
    hadReady: ready !== undefined,
  };
  if (!known) return next;
  const posted = next.hadReady && (!known.hadReady || next.heartbeat !== known.heartbeat);
  const renewed = next.renewTime !== undefined && next.renewTime !== known.renewTime;
  return posted || renewed || (known.hadReady && !next.hadReady) ? { ...next, probeAt: now } : next;
}

/** Whether the node has been silent for longer than it may. */
export function isSilent(node: Node, health: NodeHealth, now: number, options: NodeLifecycleOptions): boolean {
  const grace = readyCondition(node) ? options.monitorGraceMs : options.startupGraceMs;
  return now > health.probeAt + grace;
}

/** The conditions of a silent node: what its kubelet says is no longer known. Undefined when nothing has to change. */
export function silentConditions(node: Node, now: number): NodeCondition[] | undefined {
  const changes = KUBELET_CONDITIONS.flatMap((type) => silentCondition(node, type, now));
  return changes.length > 0 ? changes : undefined;
}

function silentCondition(node: Node, type: string, now: number): NodeCondition[] {
  const current = node.status?.conditions?.find((condition) => condition.type === type);
  const lastTransitionTime = timestamp(now);
  if (!current) {
    const created = node.metadata?.creationTimestamp;
    const heartbeat = created ? { lastHeartbeatTime: created } : {};
    const [reason, message] = ['NodeStatusNeverUpdated', 'Kubelet never posted node status.'];
    return [{ type, status: 'Unknown', reason, message, ...heartbeat, lastTransitionTime }];
  }
  if (current.status === 'Unknown') return [];
  const [reason, message] = ['NodeStatusUnknown', 'Kubelet stopped posting node status.'];
  return [{ ...current, status: 'Unknown', reason, message, lastTransitionTime }];
}
