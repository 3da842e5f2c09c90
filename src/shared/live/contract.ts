import { z } from 'zod';
import type { Row, StateKind } from '../view/rows.ts';
import type { KubeObject, Status } from '../api/meta.ts';

/**
 * The one contract between the screen and the main process. Everything is a channel on one multiplexed connection
 * (IPC port in Electron, one WebSocket in serve): the screen opens a channel with validated parameters, both sides
 * send messages, either side ends it. What the screen may do is exactly this list; every write is an API request.
 */

const resource = z.enum([
  'pods',
  'deployments',
  'replicasets',
  'nodes',
  'machines',
  'events',
  'namespaces',
  'configmaps',
  'secrets',
  'serviceaccounts',
]);
const name = z.string().min(1).max(253);
const namespace = z.string().max(253);

/** A window of sorted, filtered rows of one kind. */
export const rowsParams = z.object({
  resource,
  /** Empty: all namespaces. */
  namespace,
  /** Words that must all occur in name, namespace, state word, node, image, owner or message. */
  search: z.string().max(500),
  /** Exact facets, e.g. `{ node: ['wh-1'], state: ['failing'] }`; a row matches one value of each. */
  facets: z.record(z.string(), z.array(z.string())),
  sort: z.object({ field: z.string().max(50), descending: z.boolean() }),
  offset: z.number().int().min(0),
  limit: z.number().int().min(1).max(500),
});
export type RowsParams = z.infer<typeof rowsParams>;

export type LiveState = 'loading' | 'live' | 'stale';

export interface RowsMessage {
  /** Rows after filter, in all. */
  total: number;
  /** Rows of the kind before search and facets. */
  unfiltered: number;
  offset: number;
  rows: Row[];
  state: LiveState;
  /** ISO time the data was last known to be current. */
  asOf: string;
  /** Values and counts of each facet, for the filter bar. */
  facets: Record<string, { value: string; count: number }[]>;
}

/** One whole object, followed live. */
export const objectParams = z.object({ resource, namespace, name });
export interface ObjectMessage {
  /** Null while it does not exist (or no longer). */
  object: KubeObject | null;
  row: Row | null;
  state: LiveState;
  asOf: string;
}

/** Events about one object (by uid), newest first. */
export const eventsParams = z.object({ uid: z.string().min(1).max(100), namespace });

/** One request to the API server, as the signed-in user. */
export const apiParams = z.object({
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  path: z
    .string()
    .regex(/^\/(api|apis|version|openapi)(\/|$)/)
    .max(2000),
  query: z.record(z.string(), z.string()).optional(),
  body: z.unknown().optional(),
  contentType: z.string().max(100).optional(),
});
export type ApiParams = z.infer<typeof apiParams>;
export type ApiMessage = { ok: true; value: unknown } | { ok: false; status: Status };

/** Applies YAML documents as `kubectl apply` does; one result a document. */
export const applyParams = z.object({ yaml: z.string().max(5_000_000), namespace, dryRun: z.boolean() });
export interface ApplyResult {
  /** Index of the document, from 0, and the line it starts on, from 1. */
  document: number;
  line: number;
  outcome: 'created' | 'configured' | 'unchanged' | 'failed';
  /** `deployment.apps/web` */
  target: string;
  /** Each error with the line of the whole text it is about, when that can be told. */
  errors: { message: string; line?: number; field?: string }[];
}
export interface ApplyMessage {
  results: ApplyResult[];
}

export const logsParams = z.object({
  namespace: name,
  pod: name,
  container: name,
  follow: z.boolean(),
  previous: z.boolean(),
  timestamps: z.boolean(),
  tailLines: z.number().int().min(0).max(100_000),
});
export interface LogsMessage {
  /** A piece of text, not cut at line ends. */
  text: string;
}

export const execParams = z.object({
  namespace: name,
  pod: name,
  container: name,
  command: z.array(z.string()).min(1).max(100),
  tty: z.boolean(),
});
/** What the screen sends into an exec channel. */
export const execInput = z.union([
  z.object({ stdin: z.string() }),
  z.object({
    resize: z.object({ columns: z.number().int().min(1).max(1000), rows: z.number().int().min(1).max(1000) }),
  }),
]);
export type ExecInput = z.infer<typeof execInput>;
export type ExecMessage = { output: string } | { exitCode: number; message: string };

/** CPU and memory over time: of the cluster, a node, or the containers of a pod. The first message holds the history, later ones what is new. */
export const metricsParams = z.union([
  z.object({ scope: z.literal('cluster') }),
  z.object({ scope: z.literal('node'), node: name }),
  z.object({ scope: z.literal('pod'), namespace: name, pod: name }),
]);
export interface MetricsSeries {
  /** `cluster`, the node's name, or the container's name. */
  name: string;
  /** Cores and bytes that bound the chart; absent where there is none. */
  cpuLimit?: number;
  cpuRequest?: number;
  memoryLimit?: number;
  memoryRequest?: number;
  /** Allocatable of nodes. */
  cpuCapacity?: number;
  memoryCapacity?: number;
  /** Points in time order: ms since the epoch, cores, bytes. */
  points: { at: number; cpu: number; memory: number }[];
}
export interface MetricsMessage {
  reset: boolean;
  series: MetricsSeries[];
}

export const overviewParams = z.object({});
/** What the overview shows, kept up to date. */
export interface OverviewMessage {
  nodes: { total: number; ready: number; simulated: number };
  pods: { total: number; byState: Partial<Record<StateKind, number>> };
  deployments: { total: number; healthy: number };
  cpu: { allocatable: number; requested: number; used?: number };
  memory: { allocatable: number; requested: number; used?: number };
  /** Unhealthy objects, worst first, at most 50. */
  problems: Row[];
  problemCount: number;
  namespaces: string[];
  state: LiveState;
  asOf: string;
}

export const infoParams = z.object({});
export interface InfoMessage {
  version: string;
  kubernetesVersion: string;
  mode: 'electron' | 'serve';
  apiUrl: string;
  kubeconfigPath: string;
  /** How credentials are kept, as a sentence for the screen. */
  credentialStorage: string;
  /** Whether this computer has a Docker that could become a node, and if not, why. */
  localDocker: { available: boolean; reason?: string };
  user: string;
}

/** Starts `count` simulated nodes more (0 removes all). */
export const simulateParams = z.object({ count: z.number().int().min(0).max(5000) });
export interface SimulateMessage {
  nodes: number;
}

/** Parameters, messages from the screen, and messages to the screen, of every channel. */
export const CHANNELS = {
  rows: { params: rowsParams, input: rowsParams },
  object: { params: objectParams, input: z.never() },
  events: { params: eventsParams, input: z.never() },
  api: { params: apiParams, input: z.never() },
  apply: { params: applyParams, input: z.never() },
  logs: { params: logsParams, input: z.never() },
  exec: { params: execParams, input: execInput },
  metrics: { params: metricsParams, input: z.never() },
  overview: { params: overviewParams, input: z.never() },
  info: { params: infoParams, input: z.never() },
  simulate: { params: simulateParams, input: z.never() },
} as const;

export type ChannelName = keyof typeof CHANNELS;
export type ChannelParams<C extends ChannelName> = z.infer<(typeof CHANNELS)[C]['params']>;
/** A `rows` channel takes new parameters as input: the same subscription with another window, sort or search. */
export type ChannelInput<C extends ChannelName> = z.infer<(typeof CHANNELS)[C]['input']>;
export interface ChannelMessages {
  rows: RowsMessage;
  object: ObjectMessage;
  events: RowsMessage;
  api: ApiMessage;
  apply: ApplyMessage;
  logs: LogsMessage;
  exec: ExecMessage;
  metrics: MetricsMessage;
  overview: OverviewMessage;
  info: InfoMessage;
  simulate: SimulateMessage;
}

/** Frames of the connection, from the screen … */
export const clientFrame = z.discriminatedUnion('type', [
  z.object({ type: z.literal('open'), id: z.number().int().min(1), channel: z.string(), params: z.unknown() }),
  z.object({ type: z.literal('send'), id: z.number().int(), data: z.unknown() }),
  z.object({ type: z.literal('close'), id: z.number().int() }),
  z.object({ type: z.literal('ping') }),
]);
export type ClientFrame = z.infer<typeof clientFrame>;

/** … and to it. A channel ends with `end`, with a Status when it failed. */
export type ServerFrame =
  { type: 'data'; id: number; data: unknown } | { type: 'end'; id: number; error?: Status } | { type: 'pong' };
