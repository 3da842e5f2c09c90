import type { MetricsSource } from '../apiserver/index.ts';
import type { MetricsCollector } from '../metrics/metrics-collector.ts';

type Collected = Pick<MetricsCollector, 'coverage' | 'latestOfNode' | 'latestOfContainers'>;

/** What the collector knows, for metrics.k8s.io. It is an API client itself, so it comes after the server: hence a function. */
export function metricsSourceOf(collector: () => Collected | undefined): MetricsSource {
  return {
    node(name) {
      const point = collector()?.latestOfNode(name);
      return point && { ...point, windowMs: collector()?.coverage.everyMs ?? 0 };
    },
    pod(namespace, name) {
      const containers = collector()?.latestOfContainers(namespace, name) ?? [];
      const at = containers[0]?.point.at;
      if (at === undefined) return undefined;
      return {
        at,
        windowMs: collector()?.coverage.everyMs ?? 0,
        containers: containers.map(({ name: container, point }) => ({
          name: container,
          cpu: point.cpu,
          memory: point.memory,
        })),
      };
    },
  };
}
