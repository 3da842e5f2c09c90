import type { Registry } from 'prom-client';
import type { Pod } from '../../shared/api/kinds.ts';
import type { StatsSummary } from '../../shared/api/stats-summary.ts';
import type { Clock } from '../../shared/logger.ts';
import type { MachineFacts } from '../node/machine-facts.ts';
import type { ObservedPod } from '../runtime/observed.ts';
import { cadvisorFamilies, type MeasuredContainer, type MeasuredPod } from './cadvisor-metrics.ts';
import type { CgroupFiles } from './cgroup-files.ts';
import { renderFamilies } from './exposition.ts';
import { networkOf } from './network-counters.ts';
import type { ProbeMetrics } from './probe-metrics.ts';
import { resourceFamilies } from './resource-metrics.ts';

export interface NodeMetricsDeps {
  registry: Registry;
  probes: ProbeMetrics;
  facts: MachineFacts;
  cgroups: CgroupFiles;
  pauseImage: string;
  observeAll: () => Promise<Map<string, ObservedPod>>;
  summary: () => Promise<StatsSummary>;
  pods: () => Pod[];
  clock: Clock;
}

/** What the node tells Prometheus: one text for each of the kubelet's paths. */
export class NodeMetrics {
  constructor(private readonly deps: NodeMetricsDeps) {}

  /** The text for `/metrics` and the paths below it; undefined for any other path. */
  async scrape(path: string): Promise<string | undefined> {
    const { deps } = this;
    switch (path) {
      case '/metrics':
        return deps.registry.metrics();
      case '/metrics/cadvisor':
        return renderFamilies(cadvisorFamilies(deps.facts, await this.#measure(), deps.clock.now()));
      case '/metrics/resource':
        // With Docker away, that there is nothing to tell is the answer.
        return renderFamilies(resourceFamilies(await deps.summary().catch(() => undefined)));
      case '/metrics/probes':
        return deps.probes.scrape(deps.pods());
      default:
        return undefined;
    }
  }

  /** Read at the time of the scrape: twenty files for each container are too many for every few seconds. */
  async #measure(): Promise<MeasuredPod[]> {
    const measured: MeasuredPod[] = [];
    for (const { name, namespace, containers: all, sandboxes } of (await this.deps.observeAll()).values()) {
      const containers: MeasuredContainer[] = [];
      for (const { id, name: container, image, state, startedAt, createdAt } of all) {
        const details = state === 'running' ? await this.deps.cgroups.details(id) : undefined;
        if (details) containers.push({ id, name: container, image, startedAt: startedAt ?? createdAt, details });
      }
      const sandbox = sandboxes.find(({ running, podIp }) => running && podIp);
      measured.push({
        name,
        namespace,
        containers,
        ...(sandbox
          ? {
              sandbox: {
                id: sandbox.id,
                image: this.deps.pauseImage,
                interfaces: await networkOf(sandbox.pid),
              },
            }
          : {}),
      });
    }
    return measured;
  }
}
