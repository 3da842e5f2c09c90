import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerV1 } from '../../../shared/api/kinds.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import { DecodeError } from '../decode/decode-error.ts';
import { isJsonObject, type JsonObject } from '../decode/json-value.ts';
import { decodeAs } from '../decode/schema-decoder.ts';
import { defaultMetrics } from '../defaults/autoscaler-defaults.ts';
import { deepMetric, deepStatus, flatMetric, flatStatus } from './autoscaler-metrics.ts';

/** autoscaling/v1 has no field for these; they are kept in annotations (pkg/apis/autoscaling annotations.go). */
const METRICS = 'autoscaling.alpha.kubernetes.io/metrics';
const CURRENT_METRICS = 'autoscaling.alpha.kubernetes.io/current-metrics';
const CONDITIONS = 'autoscaling.alpha.kubernetes.io/conditions';
const BEHAVIOR = 'autoscaling.alpha.kubernetes.io/behavior';
const V2 = 'io.k8s.api.autoscaling.v2';
const ROUND_TRIP: readonly string[] = [METRICS, CURRENT_METRICS, CONDITIONS, BEHAVIOR];

type Spec = NonNullable<HorizontalPodAutoscaler['spec']>;
type Status = NonNullable<HorizontalPodAutoscaler['status']>;
type Metric = NonNullable<Spec['metrics']>[number];

const isCpuUtilization = ({ type, resource }: Metric): boolean =>
  type === 'Resource' && resource?.name === 'cpu' && utilizationOf(resource.target) !== undefined;
/** What the model calls required may have been left out all the same. */
const utilizationOf = (values: { averageUtilization?: number } | undefined): number | undefined =>
  values?.averageUtilization;

/** The object with other annotations than it had; none at all when there are none left. */
function withAnnotations<T extends KubeObject>(object: T, added: Readonly<Record<string, string>>): T {
  const own = Object.entries(object.metadata?.annotations ?? {}).filter(([key]) => !ROUND_TRIP.includes(key));
  const annotations = { ...Object.fromEntries(own), ...added };
  const { annotations: _before, ...metadata } = object.metadata ?? {};
  return {
    ...object,
    metadata: Object.keys(annotations).length > 0 ? { ...metadata, annotations } : metadata,
  };
}

/** autoscaling/v2 as autoscaling/v1 (Convert_autoscaling_HorizontalPodAutoscaler_To_v1_HorizontalPodAutoscaler). */
export function autoscalerToV1(stored: HorizontalPodAutoscaler): HorizontalPodAutoscalerV1 {
  const { spec, status, ...rest } = stored;
  const { metrics = [], behavior, scaleTargetRef, minReplicas, maxReplicas } = spec ?? ({} as Partial<Spec>);
  const { currentMetrics = [], conditions = [], ...counts } = status ?? ({} as Partial<Status>);
  const others = metrics.filter((metric) => !isCpuUtilization(metric));
  const target = utilizationOf(metrics.find(isCpuUtilization)?.resource?.target);
  const current = currentMetrics.find(({ type, resource }) => type === 'Resource' && resource?.name === 'cpu');
  const utilization = utilizationOf(current?.resource?.current);
  const annotated = withAnnotations(rest, {
    ...(others.length > 0 ? { [METRICS]: JSON.stringify(others.map(flatMetric)) } : {}),
    ...(currentMetrics.length > 0 ? { [CURRENT_METRICS]: JSON.stringify(currentMetrics.map(flatStatus)) } : {}),
    ...(conditions.length > 0 ? { [CONDITIONS]: JSON.stringify(conditions) } : {}),
    ...(behavior ? { [BEHAVIOR]: JSON.stringify(internalBehavior(behavior)) } : {}),
  });
  return {
    ...annotated,
    apiVersion: 'autoscaling/v1',
    ...(spec
      ? {
          spec: {
            scaleTargetRef,
            ...(minReplicas === undefined ? {} : { minReplicas }),
            maxReplicas,
            ...(target === undefined ? {} : { targetCPUUtilizationPercentage: target }),
          } as NonNullable<HorizontalPodAutoscalerV1['spec']>,
        }
      : {}),
    ...(status
      ? {
          status: {
            ...counts,
            currentReplicas: counts.currentReplicas ?? 0,
            desiredReplicas: counts.desiredReplicas ?? 0,
            ...(utilization === undefined ? {} : { currentCPUUtilizationPercentage: utilization }),
          },
        }
      : {}),
  };
}

/** autoscaling/v1 as autoscaling/v2. An annotation that cannot be read is forgotten, as upstream does. */
export function autoscalerFromV1(object: HorizontalPodAutoscalerV1): HorizontalPodAutoscaler {
  const { spec, status, ...rest } = object;
  const annotations = object.metadata?.annotations ?? {};
  return {
    ...withAnnotations(rest, {}),
    apiVersion: 'autoscaling/v2',
    ...(spec ? { spec: storedSpec(spec, annotations) } : {}),
    ...(status ? { status: storedStatus(status, annotations) } : {}),
  };
}

function storedSpec(
  spec: NonNullable<HorizontalPodAutoscalerV1['spec']>,
  annotations: Readonly<Record<string, string>>,
): Spec {
  const others = listIn(annotations[METRICS], deepMetric, `${V2}.MetricSpec`) as Metric[] | undefined;
  const behavior = behaviorIn(annotations[BEHAVIOR]);
  const { targetCPUUtilizationPercentage: utilization, ...same } = spec;
  const cpu: Metric[] =
    utilization === undefined
      ? []
      : [
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: utilization } },
          },
        ];
  const metrics = [...(others ?? []), ...cpu];
  return {
    ...same,
    // Version 1 has no default of its own for the target, because another metric may be in the annotation.
    metrics: metrics.length > 0 ? metrics : defaultMetrics(),
    ...(behavior ? { behavior } : {}),
  };
}

function storedStatus(
  status: NonNullable<HorizontalPodAutoscalerV1['status']>,
  annotations: Readonly<Record<string, string>>,
): Status {
  const { currentCPUUtilizationPercentage: utilization, currentReplicas, ...same } = status;
  const kept = listIn(annotations[CURRENT_METRICS], deepStatus, `${V2}.MetricStatus`) as Status['currentMetrics'];
  const cpu: Status['currentMetrics'] =
    utilization === undefined
      ? undefined
      : [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: utilization } } }];
  const metrics = kept ?? cpu;
  const conditions = listIn(
    annotations[CONDITIONS],
    (item) => item,
    `${V2}.HorizontalPodAutoscalerCondition`,
  ) as Status['conditions'];
  return {
    ...same,
    ...(currentReplicas ? { currentReplicas } : {}),
    ...(metrics ? { currentMetrics: metrics } : {}),
    ...(conditions ? { conditions } : {}),
  };
}

/** JSON of a list, each item changed by `deep` and of this schema; undefined when it is something else. */
function listIn(
  text: string | undefined,
  deep: (item: JsonObject) => JsonObject,
  schema: string,
): unknown[] | undefined {
  const value = parsed(text);
  if (!Array.isArray(value) || !value.every(isJsonObject)) return undefined;
  const items = value.map((item) => decoded(deep(item), schema));
  return items.includes(undefined) ? undefined : items;
}

function decoded(value: JsonObject, schema: string): unknown {
  try {
    return decodeAs(schema, value).value;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

function parsed(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Upstream writes its internal type into this one annotation: Go's field names, and null for what is not set. */
function internalBehavior(behavior: NonNullable<Spec['behavior']>): JsonObject {
  const rules = (given: typeof behavior.scaleUp): JsonObject | null =>
    given
      ? {
          StabilizationWindowSeconds: given.stabilizationWindowSeconds ?? null,
          SelectPolicy: given.selectPolicy ?? null,
          Policies: (given.policies ?? []).map(({ type, value, periodSeconds }) => ({
            Type: type,
            Value: value,
            PeriodSeconds: periodSeconds,
          })),
          Tolerance: given.tolerance ?? null,
        }
      : null;
  return { ScaleUp: rules(behavior.scaleUp), ScaleDown: rules(behavior.scaleDown) };
}

/** Back again. */
function behaviorIn(text: string | undefined): Spec['behavior'] {
  const value = parsed(text);
  if (!isJsonObject(value)) return undefined;
  return decoded(decapitalized(value) as JsonObject, `${V2}.HorizontalPodAutoscalerBehavior`) as Spec['behavior'];
}

/** Go reads field names in any case. */
function decapitalized(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decapitalized);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key.charAt(0).toLowerCase() + key.slice(1), decapitalized(member)]),
  );
}
