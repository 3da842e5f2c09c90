import type { MetricsSeries } from '../../../../../shared/live/contract.ts';
import { levelSeries, spanOf, type ChartMark, type ChartSeries } from '../../../ui/chart-model.ts';
import type { ContainerView } from './container-view.ts';

/** What one chart shows of one container: use, its request dashed and its limit solid. */
export function usageSeries(series: MetricsSeries, of: 'cpu' | 'memory', windowMs: number): ChartSeries[] {
  const used: ChartSeries = {
    label: 'used',
    style: 'area',
    points: series.points.map((point) => ({ x: point.at, y: point[of] })),
  };
  const span = spanOf([used], windowMs);
  if (used.points.length === 0) return [used];
  return [
    used,
    ...levelSeries('request', 'dashed', of === 'cpu' ? series.cpuRequest : series.memoryRequest, span),
    ...levelSeries('limit', 'limit', of === 'cpu' ? series.cpuLimit : series.memoryLimit, span),
  ];
}

/** The end of a container's last run as a mark on its charts. */
export function restartMarks(container: ContainerView | undefined): ChartMark[] {
  const end = container?.lastEnd;
  const at = Date.parse(end?.finishedAt ?? '');
  if (!end || Number.isNaN(at)) return [];
  return end.reason === 'OOMKilled'
    ? [{ at, kind: 'oom', label: 'OOMKilled' }]
    : [{ at, kind: 'restart', label: `exit code ${end.exitCode}` }];
}
