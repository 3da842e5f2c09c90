import type { Node } from '../../../shared/api/kinds.ts';
import type { Readiness } from './health.ts';
import type { NodeLifecycleOptions } from './options.ts';

export type ZoneState = 'Initial' | 'Normal' | 'PartialDisruption' | 'FullDisruption';

/** Nodes with this label have no say in whether their zone is unwell. */
const EXCLUDED = 'node.kubernetes.io/exclude-disruption';

/** Region and zone of a node; nodes without either are one zone (GetZoneKey). */
export function zoneOf(node: Node): string {
  const labels = node.metadata?.labels ?? {};
  const region = labels['topology.kubernetes.io/region'] ?? labels['failure-domain.beta.kubernetes.io/region'] ?? '';
  const zone = labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? '';
  return region || zone ? `${region}:\0:${zone}` : '';
}

export const countsForZone = (node: Node): boolean => node.metadata?.labels?.[EXCLUDED] === undefined;

export function zoneState(readiness: readonly Readiness[], options: NodeLifecycleOptions): ZoneState {
  const ready = readiness.filter((status) => status === 'True').length;
  const notReady = readiness.length - ready;
  if (ready === 0 && notReady > 0) return 'FullDisruption';
  // Two are too few to call it a disruption of the zone.
  if (notReady > 2 && notReady / readiness.length >= options.unhealthyZoneThreshold) return 'PartialDisruption';
  return 'Normal';
}

/** Nodes a second that may be tainted NoExecute in a zone. */
export function taintRate(state: ZoneState, nodes: number, options: NodeLifecycleOptions): number {
  if (state !== 'PartialDisruption') return options.evictionRate;
  return nodes > options.largeClusterSize ? options.secondaryEvictionRate : 0;
}

export interface DisruptionPlan {
  zones: Map<string, ZoneState>;
  rates: Map<string, number>;
  /**
   * `enter`: every zone is down, which is more likely our own link than every node: all taints come off and nothing
   * is evicted. `leave`: some node is back, so all silence is counted anew.
   */
  transition: 'none' | 'enter' | 'leave';
}

/** Compares the zones with what they were (handleDisruption). `nodes` are the readinesses by zone. */
export function planDisruption(
  before: ReadonlyMap<string, ZoneState>,
  nodes: ReadonlyMap<string, readonly Readiness[]>,
  options: NodeLifecycleOptions,
): DisruptionPlan {
  const zones = new Map([...nodes].map(([zone, readiness]) => [zone, zoneState(readiness, options)]));
  const down = (states: Iterable<ZoneState>): boolean => [...states].every((state) => state === 'FullDisruption');
  const allDown = zones.size > 0 && down(zones.values());
  const known = [...before].filter(([zone]) => zones.has(zone)).map(([, state]) => state);
  const wereAllDown = known.length > 0 && down(known);
  const rates = new Map(
    [...zones].map(([zone, state]) => [zone, allDown ? 0 : taintRate(state, nodes.get(zone)?.length ?? 0, options)]),
  );
  const transition = allDown === wereAllDown ? 'none' : allDown ? 'enter' : 'leave';
  return { zones, rates, transition };
}
