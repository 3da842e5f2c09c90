/**
 * What lists in the app show: slim rows made in the main process (pure functions beside this file), so that the
 * renderer asks for a window of sorted, filtered rows and never holds whole kinds.
 */

/** The state grammar of the app: shape and colour follow from it, the word is upstream's own term. */
export type StateKind = 'healthy' | 'working' | 'warning' | 'failing' | 'waiting' | 'unknown';

export interface StateView {
  kind: StateKind;
  /** Upstream's term: Running, CrashLoopBackOff, NotReady. */
  word: string;
  /** A plain sentence for someone who does not know the term; may be absent when all is well. */
  sentence?: string;
  /** 0..1 of a rollout or a start, for the ring. */
  progress?: number;
}

interface RowBase {
  /** Stable identity of the row (uid). */
  uid: string;
  name: string;
  namespace: string;
  /** ISO time. */
  createdAt: string;
  state: StateView;
  /** Lives on, or is, a simulated node. */
  simulated: boolean;
  deleting: boolean;
}

export interface PodRow extends RowBase {
  resource: 'pods';
  ready: number;
  total: number;
  restarts: number;
  /** ISO time of the last restart. */
  lastRestartAt?: string;
  node: string;
  ip: string;
  /** `Kind/name` of the controller. */
  owner: string;
  images: string[];
  /** Cores and bytes in use, when metrics know them. */
  cpu?: number;
  memory?: number;
}

export interface DeploymentRow extends RowBase {
  resource: 'deployments';
  desired: number;
  ready: number;
  updated: number;
  available: number;
  images: string[];
  revision: string;
}

export interface ReplicaSetRow extends RowBase {
  resource: 'replicasets';
  desired: number;
  current: number;
  ready: number;
  owner: string;
  revision: string;
  images: string[];
}

export interface NodeRow extends RowBase {
  resource: 'nodes';
  schedulable: boolean;
  version: string;
  address: string;
  os: string;
  runtime: string;
  podCount: number;
  podCapacity: number;
  /** Cores: allocatable, requested by its pods, in use. */
  cpuAllocatable: number;
  cpuRequested: number;
  cpuUsed?: number;
  /** Bytes. */
  memoryAllocatable: number;
  memoryRequested: number;
  memoryUsed?: number;
  machine?: string;
}

export interface MachineRow extends RowBase {
  resource: 'machines';
  address: string;
  user: string;
  nodeName: string;
  /** The phase it is in or failed at, and what was said. */
  phase: string;
  message: string;
}

export interface EventRow extends RowBase {
  resource: 'events';
  type: string;
  reason: string;
  message: string;
  /** `Kind/name`. */
  about: string;
  aboutUid: string;
  count: number;
  lastSeen: string;
  source: string;
}

export interface NamespaceRow extends RowBase {
  resource: 'namespaces';
  podCount: number;
}

/** ConfigMaps, Secrets (never their values) and ServiceAccounts. */
export interface ConfigRow extends RowBase {
  resource: 'configmaps' | 'secrets' | 'serviceaccounts';
  keys: string[];
  type: string;
}

export type Row = PodRow | DeploymentRow | ReplicaSetRow | NodeRow | MachineRow | EventRow | NamespaceRow | ConfigRow;
export type RowResource = Row['resource'];
export type RowOf<R extends RowResource> = Extract<Row, { resource: R }>;
