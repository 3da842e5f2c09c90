import { apiVersionOf, NODES, PODS, type ResourceType } from '../../../shared/api/kinds.ts';
import { notFound } from '../../../shared/api/errors.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import { formatBytes } from '../../../shared/api/quantity.ts';
import { canonicalQuantity } from '../../resources/decode/quantity.ts';
import type { KindDefinition } from '../../resources/definition.ts';
import {
  nodeMetricsKind,
  podMetricsKind,
  type NodeMetrics,
  type PodMetrics,
  type ResourceUsage,
} from '../../resources/kinds/metrics.ts';
import { asObject, asStored } from '../registry/as-object.ts';
import { timestamp } from '../registry/context.ts';
import { keyFor } from '../registry/keys.ts';
import { listObjects } from '../registry/list.ts';
import type { ResourceDeps, ResourceHandler, ResourceRequest } from '../resource-request.ts';
import type { MetricsSource, Sample, Usage } from './metrics-source.ts';

/** The measured objects of one sort: what they are in the API, and how a measurement becomes an object. */
interface Measured {
  /** What is measured. */
  of: ResourceType;
  /** What metrics-server says it cannot find. */
  missing: string;
  show(source: MetricsSource, object: KubeObject, nowMs: number): KubeObject | undefined;
}

const usageOf = ({ cpu, memory }: Usage): ResourceUsage => ({
  cpu: canonicalQuantity(`${Math.round(cpu * 1e9)}n`) ?? '0',
  memory: formatBytes(Math.round(memory)),
});

const sampled = (type: ResourceType, object: KubeObject, sample: Sample, nowMs: number): KubeObject => {
  const { name = '', namespace, labels } = object.metadata ?? {};
  return {
    kind: type.kind,
    apiVersion: apiVersionOf(type),
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      // What was computed was made now; the date of the wire is a string.
      creationTimestamp: timestamp(nowMs),
      ...(labels ? { labels } : {}),
    },
    ...{ timestamp: timestamp(sample.at), window: `${sample.windowMs / 1000}s` },
  };
};

const nodes: Measured = {
  of: NODES,
  missing: 'nodemetrics',
  show(source, object, nowMs) {
    const sample = source.node(object.metadata?.name ?? '');
    if (!sample) return undefined;
    const shown = { ...sampled(nodeMetricsKind.type, object, sample, nowMs), usage: usageOf(sample) };
    return shown as NodeMetrics;
  },
};

const pods: Measured = {
  of: PODS,
  missing: 'podmetrics',
  show(source, object, nowMs) {
    const { namespace = '', name = '' } = object.metadata ?? {};
    const sample = source.pod(namespace, name);
    if (!sample) return undefined;
    const containers = sample.containers.map((container) => ({ name: container.name, usage: usageOf(container) }));
    const shown = { ...sampled(podMetricsKind.type, object, sample, nowMs), containers };
    return shown as PodMetrics;
  },
};

function kindOf(deps: ResourceDeps, { group, version, plural }: ResourceType): KindDefinition {
  const kind = deps.registry.catalog.find(group, version, plural);
  if (!kind) throw new Error(`${plural} are not served`);
  return kind;
}

/** One object's usage. 404 when it is not there, or has not been measured. */
const get =
  (measured: Measured): ResourceHandler =>
  async (deps, { target }: ResourceRequest) => {
    const { namespace, name } = target;
    const stored = await deps.registry.storage.get(keyFor(kindOf(deps, measured.of), namespace, name));
    if (!stored) throw notFound(measured.of, name);
    const shown = measured.show(deps.metricsSource, asObject(stored.value), deps.registry.clock.now());
    if (!shown)
      throw notFound(
        { group: target.kind.type.group, plural: measured.missing },
        namespace === '' ? name : `${namespace}/${name}`,
      );
    return { type: 'object', code: 200, value: shown, kind: target.kind };
  };

/** Everything that matches the selectors and has been measured. */
const list =
  (measured: Measured): ResourceHandler =>
  async (deps, { target, call }: ResourceRequest) => {
    const selectors = new URLSearchParams();
    for (const name of ['labelSelector', 'fieldSelector']) {
      const value = call.query.get(name);
      if (value) selectors.set(name, value);
    }
    const found = await listObjects(deps.registry, kindOf(deps, measured.of), target.namespace, selectors, call.signal);
    const nowMs = deps.registry.clock.now();
    const items = found.items.flatMap((item) => measured.show(deps.metricsSource, asObject(item), nowMs) ?? []);
    return { type: 'list', kind: target.kind, items: items.map(asStored), metadata: {} };
  };

/** metrics.k8s.io/v1beta1 nodes and pods. */
export const NODE_METRICS = { get: get(nodes), list: list(nodes) };
export const POD_METRICS = { get: get(pods), list: list(pods) };
