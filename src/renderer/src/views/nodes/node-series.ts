import type { MetricsSeries } from '../../../../shared/live/contract.ts';
import { levelSeries, type ChartSeries } from '../../ui/chart-model.ts';

/** What is known of a node's or the cluster's capacity: cores and bytes. */
export interface Bounds {
  cpu: { requested: number; allocatable: number };
  memory: { requested: number; allocatable: number };
}

/** Charts of one measured whole: usage as an area, requests dashed, allocatable as the line on top. */
export function usageCharts(
  series: MetricsSeries | undefined,
  bounds: Bounds,
  windowMs: number,
): { cpu: ChartSeries[]; memory: ChartSeries[] } {
  const points = series?.points ?? [];
  const to = points.at(-1)?.at ?? 0;
  const span = { from: to - windowMs, to };
  const chart = (metric: 'cpu' | 'memory'): ChartSeries[] => [
    { label: 'used', style: 'area', points: points.map((point) => ({ x: point.at, y: point[metric] })) },
    ...(points.length === 0 ? [] : levelSeries('requested', 'dashed', bounds[metric].requested, span)),
    ...(points.length === 0 ? [] : levelSeries('allocatable', 'limit', bounds[metric].allocatable, span)),
  ];
  return { cpu: chart('cpu'), memory: chart('memory') };
}
