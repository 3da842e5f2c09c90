import { OBJECT_META, QUANTITY, refTo, TIME, type Schema } from './schema.ts';

const PREFIX = 'io.k8s.metrics.pkg.apis.metrics.v1beta1.';
export const NODE_METRICS_SCHEMA = `${PREFIX}NodeMetrics`;
export const POD_METRICS_SCHEMA = `${PREFIX}PodMetrics`;
const GROUP = 'metrics.k8s.io';

const text: Schema = { type: 'string' };
const usage: Schema = {
  description: 'The memory usage is the memory working set.',
  type: 'object',
  additionalProperties: refTo(QUANTITY),
};
const common: Readonly<Record<string, Schema>> = {
  apiVersion: text,
  kind: text,
  metadata: { description: "Standard object's metadata.", allOf: [refTo(OBJECT_META)] },
  timestamp: {
    description:
      'The following fields define time interval from which metrics were collected from the interval [Timestamp-Window, Timestamp].',
    allOf: [refTo(TIME)],
  },
  window: text,
};

/** metrics.k8s.io/v1beta1 as k8s.io/metrics has it; the models we read the others from leave it out. */
export const METRICS_SCHEMAS: Readonly<Record<string, Schema>> = {
  [NODE_METRICS_SCHEMA]: {
    description: 'NodeMetrics sets resource usage metrics of a node.',
    type: 'object',
    properties: { ...common, usage },
    required: ['timestamp', 'window', 'usage'],
    'x-kubernetes-group-version-kind': [{ group: GROUP, version: 'v1beta1', kind: 'NodeMetrics' }],
  },
  [POD_METRICS_SCHEMA]: {
    description: 'PodMetrics sets resource usage metrics of a pod.',
    type: 'object',
    properties: {
      ...common,
      containers: {
        description: 'Metrics for all containers are collected within the same time window.',
        type: 'array',
        items: refTo(`${PREFIX}ContainerMetrics`),
      },
    },
    required: ['timestamp', 'window', 'containers'],
    'x-kubernetes-group-version-kind': [{ group: GROUP, version: 'v1beta1', kind: 'PodMetrics' }],
  },
  [`${PREFIX}ContainerMetrics`]: {
    description: 'ContainerMetrics sets resource usage metrics of a container.',
    type: 'object',
    properties: {
      name: { description: 'Container name corresponding to the one from pod.spec.containers.', ...text },
      usage,
    },
    required: ['name', 'usage'],
  },
};
