import { milliValue, wholeValue } from '../../../shared/api/quantity.ts';
import type { Container, Node, Pod } from '../../../shared/api/kinds.ts';
import type { ChannelParams, MetricsMessage, MetricsSeries } from '../../../shared/live/contract.ts';
import type { NodeRow } from '../../../shared/view/rows.ts';
import type { ChannelOutput } from '../channel.ts';
import type { ClusterRows, UsageSource } from '../rows/cluster-rows.ts';

type Bounds = Omit<MetricsSeries, 'name' | 'points'>;

/** Usage over time: first all there is, then what is new after each round of collecting. */
export function openMetrics(
  rows: ClusterRows,
  metrics: UsageSource,
  scope: ChannelParams<'metrics'>,
  out: ChannelOutput<MetricsMessage>,
): void {
  const bounds = boundsIn(rows, scope);
  let reset = true;
  let after = -Infinity;
  const send = (): void =>
    out.latest(() => {
      const found = metrics.series(scope, after);
      const series = found.map(({ name, points }): MetricsSeries => ({ name, ...bounds(name), points }));
      const newest = Math.max(after, ...series.map(({ points }) => points.at(-1)?.at ?? -Infinity));
      if (!reset && newest === after) return undefined;
      after = newest;
      const message: MetricsMessage = { reset, series };
      reset = false;
      return message;
    });
  const forget = metrics.onDidCollect(send);
  out.signal.addEventListener('abort', forget);
  send();
}

/** What the chart of a series is drawn against. */
function boundsIn(rows: ClusterRows, scope: ChannelParams<'metrics'>): (name: string) => Bounds {
  switch (scope.scope) {
    case 'cluster': {
      const nodes = rows.store('nodes');
      return () => {
        const all = [...nodes.entries().values()].map(({ row }) => row as NodeRow);
        return {
          cpuCapacity: all.reduce((sum, { cpuAllocatable }) => sum + cpuAllocatable, 0),
          memoryCapacity: all.reduce((sum, { memoryAllocatable }) => sum + memoryAllocatable, 0),
          cpuRequest: rows.load.total.cpu,
          memoryRequest: rows.load.total.memory,
        };
      };
    }
    case 'node':
      return () => {
        const node = rows.object('nodes', scope.node) as Node | undefined;
        const { cpu, memory } = rows.load.ofNode(scope.node);
        return { ...capacityOf(node), cpuRequest: cpu, memoryRequest: memory };
      };
    case 'pod':
      return (name) => {
        const pod = rows.object('pods', `${scope.namespace}/${scope.pod}`) as Pod | undefined;
        const all = [...(pod?.spec?.containers ?? []), ...(pod?.spec?.initContainers ?? [])];
        return containerBounds(all.find((container) => container.name === name));
      };
  }
}

function capacityOf(node: Node | undefined): Bounds {
  const { cpu, memory } = node?.status?.allocatable ?? {};
  return {
    ...(cpu === undefined ? {} : { cpuCapacity: milliValue(cpu) / 1000 }),
    ...(memory === undefined ? {} : { memoryCapacity: wholeValue(memory) }),
  };
}

function containerBounds(container: Container | undefined): Bounds {
  const { limits = {}, requests = {} } = container?.resources ?? {};
  return {
    ...(limits['cpu'] === undefined ? {} : { cpuLimit: milliValue(limits['cpu']) / 1000 }),
    ...(requests['cpu'] === undefined ? {} : { cpuRequest: milliValue(requests['cpu']) / 1000 }),
    ...(limits['memory'] === undefined ? {} : { memoryLimit: wholeValue(limits['memory']) }),
    ...(requests['memory'] === undefined ? {} : { memoryRequest: wholeValue(requests['memory']) }),
  };
}
