import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerV1 } from '../../../shared/api/kinds.ts';
import { decodeObject } from '../decode/decode-object.ts';
import { created, kindNamed } from '../testing/samples.ts';
import { autoscalerFromV1, autoscalerToV1 } from './autoscaler.ts';

const value = fc.constantFrom('1', '100m', '2Gi');
const target = fc.oneof(
  value.map((averageValue) => ({ type: 'AverageValue', averageValue })),
  fc.nat({ max: 99 }).map((n) => ({ type: 'Utilization', averageUtilization: n + 1 })),
);
const selector = fc.constant({ matchLabels: { a: 'b' } });
const identifier = fc.record({ name: fc.constant('requests'), selector }, { requiredKeys: ['name'] });
const valueTarget = fc.oneof(
  value.map((v) => ({ type: 'Value', value: v })),
  value.map((averageValue) => ({ type: 'AverageValue', averageValue })),
);
const metric = fc.oneof(
  target.map((t) => ({ type: 'Resource', resource: { name: 'memory', target: t } })),
  target.map((t) => ({ type: 'ContainerResource', containerResource: { name: 'cpu', container: 'web', target: t } })),
  fc.tuple(identifier, value).map(([m, averageValue]) => ({
    type: 'Pods',
    pods: { metric: m, target: { type: 'AverageValue', averageValue } },
  })),
  fc.tuple(identifier, valueTarget).map(([m, t]) => ({ type: 'External', external: { metric: m, target: t } })),
  fc.tuple(identifier, valueTarget).map(([m, t]) => ({
    type: 'Object',
    object: {
      describedObject: { kind: 'Ingress', name: 'in', apiVersion: 'networking.k8s.io/v1' },
      metric: m,
      target: t,
    },
  })),
);
const cpu = fc.nat({ max: 99 }).map((n) => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: n + 1 } },
}));

describe('autoscaling/v1 and v2', () => {
  test('what goes to version 1 comes back the same', () => {
    fc.assert(
      fc.property(fc.array(metric, { maxLength: 3 }), fc.option(cpu), fc.boolean(), (metrics, cpuMetric, behaves) => {
        const all = [...metrics, ...(cpuMetric ? [cpuMetric] : [])];
        const stored = created<HorizontalPodAutoscaler>('HorizontalPodAutoscaler', {
          metadata: { name: 'a', namespace: 'b', annotations: { own: 'yes' } },
          spec: {
            scaleTargetRef: { kind: 'Deployment', name: 'web' },
            maxReplicas: 3,
            ...(all.length > 0 ? { metrics: all } : {}),
            ...(behaves ? { behavior: { scaleDown: { stabilizationWindowSeconds: 9 } } } : {}),
          },
        });
        const served = autoscalerToV1(stored);
        expect(decodeObject(kindNamed('HorizontalPodAutoscaler.v1.autoscaling'), served).unknownFields).toEqual([]);
        expect(autoscalerFromV1(served)).toEqual({ ...stored, status: { desiredReplicas: 0 } });
      }),
      { numRuns: 200 },
    );
  });

  test('status and conditions come back too', () => {
    const status = {
      currentReplicas: 2,
      desiredReplicas: 3,
      currentMetrics: [
        { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 10, averageValue: '5m' } } },
      ],
      conditions: [{ type: 'AbleToScale', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }],
    };
    const stored = { ...created<HorizontalPodAutoscaler>('HorizontalPodAutoscaler'), status };
    const served = autoscalerToV1(stored);
    expect(served.status).toEqual({ currentReplicas: 2, desiredReplicas: 3, currentCPUUtilizationPercentage: 10 });
    expect(autoscalerFromV1(served).status).toEqual(status);
  });

  test('annotations that are not what they should be are forgotten', () => {
    const written = created<HorizontalPodAutoscalerV1>('HorizontalPodAutoscaler.v1.autoscaling');
    for (const text of ['{', '7', '[1]', '[{"type":{}}]', '[{"type":"Pods","pods":{"metricName":[]}}]']) {
      const annotations = {
        'autoscaling.alpha.kubernetes.io/metrics': text,
        'autoscaling.alpha.kubernetes.io/behavior': text,
        'autoscaling.alpha.kubernetes.io/current-metrics': text,
        'autoscaling.alpha.kubernetes.io/conditions': text,
      };
      const stored = autoscalerFromV1({ ...written, metadata: { ...written.metadata, annotations } });
      expect(stored.spec?.metrics).toHaveLength(1);
      expect(stored.spec?.behavior).toBeUndefined();
      expect(stored.metadata?.annotations).toBeUndefined();
    }
  });

  test('a status with holes in it can still be served', () => {
    const holes = {
      currentMetrics: [
        { type: 'Pods', pods: {} },
        { type: 'Object', object: {} },
        { type: 'External', external: {} },
        { type: 'Resource', resource: {} },
      ],
    };
    const stored = {
      ...created<HorizontalPodAutoscaler>('HorizontalPodAutoscaler'),
      status: holes,
    } as unknown as HorizontalPodAutoscaler;
    expect(() => autoscalerFromV1(autoscalerToV1(stored))).not.toThrow();
  });
});
