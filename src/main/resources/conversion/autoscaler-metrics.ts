import type { HorizontalPodAutoscaler } from '../../../shared/api/kinds.ts';
import { isJsonObject, type JsonObject } from '../decode/json-value.ts';

/**
 * Metrics of an autoscaler as autoscaling/v1 writes them into its annotations: the flat form of v2beta1, in which a
 * target is a field of its source (k8s.io/api autoscaling/v1 MetricSpec, MetricStatus).
 */

type Metric = NonNullable<NonNullable<HorizontalPodAutoscaler['spec']>['metrics']>[number];
type MetricStatus = NonNullable<NonNullable<HorizontalPodAutoscaler['status']>['currentMetrics']>[number];

/** A part that the model calls required and a client may leave out all the same. */
const part = <T extends object>(value: T): Partial<T> => (value as T | undefined) ?? {};

/** The fields of each source that stay what they are called. */
const present = (fields: Record<string, unknown>): JsonObject =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** autoscaling → v1, of one metric's source. */
export function flatMetric(metric: Metric): JsonObject {
  const { type, object, pods, resource, containerResource, external } = metric;
  return present({
    type,
    object: object && {
      target: object.describedObject,
      metricName: part(object.metric).name,
      targetValue: part(object.target).value ?? '0',
      ...present({ selector: part(object.metric).selector, averageValue: part(object.target).averageValue }),
    },
    pods: pods && {
      metricName: part(pods.metric).name,
      targetAverageValue: part(pods.target).averageValue ?? '0',
      ...present({ selector: part(pods.metric).selector }),
    },
    resource: resource && flatResource(resource),
    containerResource: containerResource && {
      ...flatResource(containerResource),
      container: containerResource.container,
    },
    external:
      external &&
      present({
        metricName: part(external.metric).name,
        metricSelector: part(external.metric).selector,
        targetValue: part(external.target).value,
        targetAverageValue: part(external.target).averageValue,
      }),
  });
}

const flatResource = ({ name, target }: NonNullable<Metric['resource']>): JsonObject =>
  present({
    name,
    targetAverageUtilization: part(target).averageUtilization,
    targetAverageValue: part(target).averageValue,
  });

/** v1 → autoscaling. What is not of the form is kept as it can be; validation says what is wrong with it. */
export function deepMetric(flat: JsonObject): JsonObject {
  const { object, pods, resource, containerResource, external, type } = flat;
  const o = isJsonObject(object) ? object : undefined;
  const p = isJsonObject(pods) ? pods : undefined;
  const e = isJsonObject(external) ? external : undefined;
  return present({
    type,
    object: o && {
      describedObject: o['target'],
      metric: present({ name: o['metricName'], selector: o['selector'] }),
      target:
        o['averageValue'] === undefined
          ? present({ type: 'Value', value: o['targetValue'] })
          : { type: 'AverageValue', averageValue: o['averageValue'] },
    },
    pods: p && {
      metric: present({ name: p['metricName'], selector: p['selector'] }),
      target: present({ type: 'AverageValue', averageValue: p['targetAverageValue'] }),
    },
    resource: isJsonObject(resource) ? deepResource(resource) : undefined,
    containerResource: isJsonObject(containerResource)
      ? { ...deepResource(containerResource), container: containerResource['container'] }
      : undefined,
    external: e && {
      metric: present({ name: e['metricName'], selector: e['metricSelector'] }),
      target: present({
        type: e['targetValue'] === undefined ? 'AverageValue' : 'Value',
        value: e['targetValue'],
        averageValue: e['targetAverageValue'],
      }),
    },
  });
}

const deepResource = (flat: JsonObject): JsonObject =>
  present({
    name: flat['name'],
    target: present({
      type: flat['targetAverageUtilization'] === undefined ? 'AverageValue' : 'Utilization',
      averageUtilization: flat['targetAverageUtilization'],
      averageValue: flat['targetAverageValue'],
    }),
  });

/** autoscaling → v1, of one metric's current value. */
export function flatStatus({ type, object, pods, resource, containerResource, external }: MetricStatus): JsonObject {
  return present({
    type,
    object: object && {
      target: object.describedObject,
      metricName: part(object.metric).name,
      currentValue: part(object.current).value ?? '0',
      ...present({ selector: part(object.metric).selector, averageValue: part(object.current).averageValue }),
    },
    pods: pods && {
      metricName: part(pods.metric).name,
      currentAverageValue: part(pods.current).averageValue ?? '0',
      ...present({ selector: part(pods.metric).selector }),
    },
    resource: resource && flatCurrent(resource),
    containerResource: containerResource && {
      ...flatCurrent(containerResource),
      container: containerResource.container,
    },
    external: external && {
      metricName: part(external.metric).name,
      currentValue: part(external.current).value ?? '0',
      ...present({
        metricSelector: part(external.metric).selector,
        currentAverageValue: part(external.current).averageValue,
      }),
    },
  });
}

const flatCurrent = ({ name, current }: NonNullable<MetricStatus['resource']>): JsonObject => ({
  name,
  ...present({ currentAverageUtilization: part(current).averageUtilization }),
  currentAverageValue: part(current).averageValue ?? '0',
});

/** v1 → autoscaling, of one metric's current value. */
export function deepStatus(flat: JsonObject): JsonObject {
  const { object, pods, resource, containerResource, external, type } = flat;
  const named = (source: JsonObject, selector = 'selector'): JsonObject =>
    present({ name: source['metricName'], selector: source[selector] });
  return present({
    type,
    object: isJsonObject(object)
      ? {
          describedObject: object['target'],
          metric: named(object),
          current: present({ value: object['currentValue'], averageValue: object['averageValue'] }),
        }
      : undefined,
    pods: isJsonObject(pods)
      ? { metric: named(pods), current: present({ averageValue: pods['currentAverageValue'] }) }
      : undefined,
    resource: isJsonObject(resource) ? deepCurrent(resource) : undefined,
    containerResource: isJsonObject(containerResource)
      ? { ...deepCurrent(containerResource), container: containerResource['container'] }
      : undefined,
    external: isJsonObject(external)
      ? {
          metric: named(external, 'metricSelector'),
          current: present({ value: external['currentValue'], averageValue: external['currentAverageValue'] }),
        }
      : undefined,
  });
}

const deepCurrent = (flat: JsonObject): JsonObject => ({
  name: flat['name'],
  current: present({
    averageUtilization: flat['currentAverageUtilization'],
    averageValue: flat['currentAverageValue'],
  }),
});
