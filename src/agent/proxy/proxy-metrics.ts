import { Histogram, type Registry } from 'prom-client';

/** What the proxy measures, under kube-proxy's names. */
export interface ProxyMetrics {
  synced(tookMs: number): void;
}

/** kube-proxy's buckets: 1 ms doubling fifteen times. */
const BUCKETS = Array.from({ length: 15 }, (_, power) => 0.001 * 2 ** power);

export function proxyMetrics(registry: Registry): ProxyMetrics {
  const duration = new Histogram({
    name: 'kubeproxy_sync_proxy_rules_duration_seconds',
    help: 'SyncProxyRules latency in seconds',
    buckets: BUCKETS,
    registers: [registry],
  });
  return { synced: (tookMs) => duration.observe(tookMs / 1000) };
}
