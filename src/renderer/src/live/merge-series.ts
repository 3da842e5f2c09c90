import type { MetricsSeries } from '../../../shared/live/contract.ts';

/** How far back charts look. */
export const METRICS_WINDOW_MS = 15 * 60_000;

/**
 * Adds new points to what is known, dropping what is older than the window before the newest point. Limits and
 * requests are those of the newer message. A series that got no news is kept: its container may just have ended.
 */
export function mergeSeries(known: readonly MetricsSeries[], news: readonly MetricsSeries[]): MetricsSeries[] {
  const byName = new Map(known.map((series) => [series.name, series]));
  for (const series of news) {
    const before = byName.get(series.name);
    const lastAt = before?.points.at(-1)?.at ?? -Infinity;
    const points = [...(before?.points ?? []), ...series.points.filter((point) => point.at > lastAt)];
    byName.set(series.name, { ...series, points });
  }
  const newest = Math.max(...[...byName.values()].map((series) => series.points.at(-1)?.at ?? -Infinity));
  return [...byName.values()].map((series) => ({
    ...series,
    points: series.points.filter((point) => point.at >= newest - METRICS_WINDOW_MS),
  }));
}
