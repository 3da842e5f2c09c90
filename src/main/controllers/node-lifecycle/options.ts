/** Upstream's kube-controller-manager defaults (1.34), in milliseconds and nodes a second. */
export interface NodeLifecycleOptions {
  /** How often anything is looked at at all; evictions are late by this at most. */
  tickMs: number;
  /** How often node health is looked at (--node-monitor-period). */
  monitorPeriodMs: number;
  /** How long a node may be silent (--node-monitor-grace-period; 50 s since 1.32). */
  monitorGraceMs: number;
  /** The same for a node that has never posted status (--node-startup-grace-period). */
  startupGraceMs: number;
  /** Nodes tainted NoExecute a second in a zone that is mostly well (--node-eviction-rate). */
  evictionRate: number;
  /** The same in a large zone that is mostly unwell; a small one stops (--secondary-node-eviction-rate). */
  secondaryEvictionRate: number;
  /** Share of unhealthy nodes from which a zone counts as mostly unwell (--unhealthy-zone-threshold). */
  unhealthyZoneThreshold: number;
  /** Up to this many nodes a zone counts as small (--large-cluster-size-threshold). */
  largeClusterSize: number;
}

export const NODE_LIFECYCLE_DEFAULTS: NodeLifecycleOptions = {
  tickMs: 1_000,
  monitorPeriodMs: 5_000,
  monitorGraceMs: 50_000,
  startupGraceMs: 60_000,
  evictionRate: 0.1,
  secondaryEvictionRate: 0.01,
  unhealthyZoneThreshold: 0.55,
  largeClusterSize: 50,
};
