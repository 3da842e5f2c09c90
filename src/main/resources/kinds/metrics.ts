import type { KubeObject } from '../../../shared/api/meta.ts';
import { column, nameColumn } from '../columns/columns.ts';
import type { KindDefinition } from '../definition.ts';
import { NODE_METRICS_SCHEMA, POD_METRICS_SCHEMA } from '../schema/metrics-schema.ts';

/** Quantities: cores, and bytes of the working set. */
export interface ResourceUsage {
  cpu: string;
  memory: string;
}

interface Measured extends KubeObject {
  /** When the window ended, RFC 3339. */
  timestamp: string;
  /** A Go duration: `15s`. */
  window: string;
}
export interface NodeMetrics extends Measured {
  usage: ResourceUsage;
}
export interface PodMetrics extends Measured {
  containers: { name: string; usage: ResourceUsage }[];
}

const COMPUTED = {
  singular: '',
  shortNames: [],
  categories: [],
  durability: 'durable',
  virtual: true,
  verbs: ['get', 'list'],
  hasStatus: false,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: false,
  allowCreateOnUpdate: false,
  validate: () => [],
  selectableFields: {},
  setDefaults() {
    // What is measured has no defaults.
  },
} as const satisfies Partial<KindDefinition>;

/** `kubectl top node`: what each node uses now. */
export const nodeMetricsKind: KindDefinition<NodeMetrics> = {
  ...COMPUTED,
  type: { group: 'metrics.k8s.io', version: 'v1beta1', kind: 'NodeMetrics', plural: 'nodes', namespaced: false },
  schema: NODE_METRICS_SCHEMA,
  columns: [
    nameColumn(),
    column('cpu', 'string', '', ({ usage }) => usage.cpu),
    column('memory', 'string', '', ({ usage }) => usage.memory),
    column('Window', 'string', '', ({ window }) => window),
  ],
};

/** `kubectl top pod`: what each container uses now; the columns show the first, as metrics-server's do. */
export const podMetricsKind: KindDefinition<PodMetrics> = {
  ...COMPUTED,
  type: { group: 'metrics.k8s.io', version: 'v1beta1', kind: 'PodMetrics', plural: 'pods', namespaced: true },
  schema: POD_METRICS_SCHEMA,
  columns: [
    nameColumn(),
    column('cpu', 'string', '', ({ containers }) => containers[0]?.usage.cpu ?? ''),
    column('memory', 'string', '', ({ containers }) => containers[0]?.usage.memory ?? ''),
    column('Window', 'string', '', ({ window }) => window),
  ],
};
