import { Counter, Registry } from 'prom-client';
import type { Container, Pod } from '../../shared/api/kinds.ts';
import type { ProbeKind } from '../probes/probe-state.ts';

/** `/metrics/probes`: how the probes of this machine's pods have come out (pkg/kubelet/prober/prober_manager.go). */
export class ProbeMetrics {
  readonly #registry = new Registry();
  readonly #total = new Counter({
    name: 'prober_probe_total',
    help: 'Cumulative number of a liveness, readiness or startup probe for a container by result.',
    labelNames: ['container', 'namespace', 'pod', 'pod_uid', 'probe_type', 'result'],
    registers: [this.#registry],
  });

  count({ metadata }: Pod, container: Container, kind: ProbeKind, ok: boolean): void {
    this.#total.inc({
      container: container.name,
      namespace: metadata?.namespace ?? '',
      pod: metadata?.name ?? '',
      pod_uid: metadata?.uid ?? '',
      probe_type: PROBE_TYPES[kind],
      result: ok ? 'successful' : 'failed',
    });
  }

  /** The text for a scrape; what was counted for pods that are not among these is forgotten. */
  async scrape(pods: readonly Pod[]): Promise<string> {
    const known = new Set(pods.map(({ metadata }) => metadata?.uid));
    for (const { labels } of (await this.#total.get()).values)
      if (!known.has(String(labels.pod_uid))) this.#total.remove(labels);
    return this.#registry.metrics();
  }
}

const PROBE_TYPES: Record<ProbeKind, string> = { startup: 'Startup', liveness: 'Liveness', readiness: 'Readiness' };
