/** What a line chart shows; plain data, so that it can also be read as a table. */

export interface ChartPoint {
  /** Ms since the epoch. */
  x: number;
  y: number;
}

export interface ChartSeries {
  label: string;
  /** `area` for usage, `dashed` for requests, `limit` (a solid line) for what bounds it. */
  style: 'area' | 'line' | 'dashed' | 'limit';
  points: readonly ChartPoint[];
}

export interface ChartMark {
  at: number;
  kind: 'restart' | 'rollout' | 'oom';
  label: string;
}

/** The two points that draw a constant over the given span; none when there is no value. */
export function levelSeries(
  label: string,
  style: 'dashed' | 'limit',
  value: number | undefined,
  span: { from: number; to: number },
): ChartSeries[] {
  if (value === undefined || value <= 0) return [];
  return [
    {
      label,
      style,
      points: [
        { x: span.from, y: value },
        { x: span.to, y: value },
      ],
    },
  ];
}

/** The newest point at or before a time; for a level, its value everywhere. */
export function valueAt(series: ChartSeries, at: number): number | undefined {
  if (series.style === 'dashed' || series.style === 'limit') return series.points[0]?.y;
  let low = 0;
  let high = series.points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((series.points[middle]?.x ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return series.points[low - 1]?.y;
}

/** The span of time a chart covers: back from its newest point. */
export function spanOf(series: readonly ChartSeries[], windowMs: number): { from: number; to: number } {
  const to = Math.max(0, ...series.map((one) => one.points.at(-1)?.x ?? 0));
  return { from: to - windowMs, to };
}

export interface SeriesSummary {
  label: string;
  latest: number;
  lowest: number;
  highest: number;
}

/** The rows of a chart's table. */
export function summarise(series: readonly ChartSeries[]): SeriesSummary[] {
  return series
    .filter((one) => one.points.length > 0)
    .map((one) => {
      const values = one.points.map((point) => point.y);
      return {
        label: one.label,
        latest: values.at(-1) ?? 0,
        lowest: Math.min(...values),
        highest: Math.max(...values),
      };
    });
}

function highest(series: readonly ChartSeries[]): number {
  let most = 0;
  for (const one of series) for (const point of one.points) most = Math.max(most, point.y);
  return most;
}

/** Distance of grid lines that gives two to five of them: 1, 2 or 5 times a power of ten, or of two for bytes. */
export function gridStep(series: readonly ChartSeries[], unit: 'decimal' | 'binary'): number {
  const wanted = highest(series) / 4;
  if (wanted <= 0) return 1;
  if (unit === 'binary') return 2 ** Math.ceil(Math.log2(wanted));
  const power = 10 ** Math.floor(Math.log10(wanted));
  return power * ([1, 2, 5].find((factor) => factor * power >= wanted) ?? 10);
}

/** The top of the chart: the first grid line above everything. */
export function gridTop(series: readonly ChartSeries[], step: number): number {
  return Math.max(1, Math.ceil((highest(series) * 1.05) / step)) * step;
}

/** Times to write under a chart: on round minutes, three or four of them. */
export function minuteTicks(from: number, to: number): number[] {
  const minute = 60_000;
  const step = ([1, 2, 5, 10, 15, 30, 60].find((minutes) => (to - from) / (minutes * minute) <= 4) ?? 120) * minute;
  const first = Math.ceil(from / step) * step;
  return Array.from({ length: Math.max(0, Math.floor((to - first) / step) + 1) }, (_, index) => first + index * step);
}
