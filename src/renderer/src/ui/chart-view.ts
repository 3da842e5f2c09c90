import {
  Chart,
  Filler,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  type ChartDataset,
  type Plugin,
} from 'chart.js';
import { gridTop, minuteTicks, type ChartMark, type ChartPoint, type ChartSeries } from './chart-model.ts';
import { clockTime } from './time-text.ts';

Chart.register(LineController, LineElement, PointElement, LinearScale, Filler);

export interface ChartPicture {
  series: readonly ChartSeries[];
  marks: readonly ChartMark[];
  from: number;
  to: number;
  crosshairAt: number | null;
  /** Distance of the lines across: round in the unit that is shown. */
  step: number;
  format: (value: number) => string;
}

const MARK_SIGN: Record<ChartMark['kind'], string> = { restart: '▼', rollout: '│', oom: '✕' };
/** Usage lines after the first differ in ink and weight, not in state colours. */
const LINE_TOKENS = ['--wh-accent', '--wh-ink-2', '--wh-line-strong', '--wh-accent-strong'] as const;

/** The colour of the n-th usage line. */
export function lineToken(index: number): string {
  return LINE_TOKENS[index % LINE_TOKENS.length] ?? '--wh-accent';
}

/** A chart.js line chart on a canvas that only does what it is told: no animation, no own events, no own resizing. */
export class ChartView {
  readonly #chart: Chart<'line', ChartPoint[]>;
  #picture: ChartPicture | null = null;

  constructor(readonly canvas: HTMLCanvasElement) {
    this.#chart = new Chart<'line', ChartPoint[]>(canvas, {
      type: 'line',
      data: { datasets: [] },
      plugins: [this.#overlay()],
      options: {
        animation: false,
        parsing: false,
        normalized: true,
        responsive: false,
        maintainAspectRatio: false,
        events: [],
        layout: { padding: { top: 6 } },
        scales: {
          x: {
            type: 'linear',
            border: { display: false },
            grid: { display: false },
            afterBuildTicks: (axis) => {
              axis.ticks = minuteTicks(axis.min, axis.max).map((value) => ({ value }));
            },
            ticks: {
              maxRotation: 0,
              font: { size: 11 },
              callback: (value) => clockTime(Number(value), false),
            },
          },
          y: {
            beginAtZero: true,
            border: { display: false },
            grid: { drawTicks: false },
            ticks: {
              padding: 6,
              font: { size: 11 },
              callback: (value) => this.#picture?.format(Number(value)) ?? '',
            },
          },
        },
      },
    });
  }

  resize(width: number, height: number): void {
    if (width > 0 && height > 0) this.#chart.resize(width, height);
  }

  /** Time at a pixel from the left edge of the canvas. */
  timeAt(offsetX: number): number {
    return this.#chart.scales['x']?.getValueForPixel(offsetX) ?? 0;
  }

  show(picture: ChartPicture): void {
    this.#picture = picture;
    const { x, y } = this.#chart.options.scales ?? {};
    if (x) Object.assign(x, { min: picture.from, max: picture.to });
    const faint = this.#colour('--wh-ink-3');
    for (const scale of [x, y]) if (scale?.ticks) scale.ticks.color = faint;
    if (y?.grid) y.grid.color = this.#colour('--wh-line');
    if (y) Object.assign(y, { max: gridTop(picture.series, picture.step) });
    if (y?.ticks) Object.assign(y.ticks, { stepSize: picture.step });
    let usage = 0;
    this.#chart.data.datasets = picture.series.map((series) =>
      this.#dataset(series, series.style === 'area' || series.style === 'line' ? usage++ : 0),
    );
    this.#chart.update('none');
  }

  destroy(): void {
    this.#chart.destroy();
  }

  #colour(token: string): string {
    return getComputedStyle(this.canvas).getPropertyValue(token).trim();
  }

  #dataset(series: ChartSeries, index: number): ChartDataset<'line', ChartPoint[]> {
    const bound = series.style === 'dashed' || series.style === 'limit';
    const colour = this.#colour(bound ? '--wh-ink-3' : lineToken(index));
    return {
      label: series.label,
      data: series.points as ChartPoint[],
      borderColor: colour,
      borderWidth: bound ? 1 : 1.5,
      borderDash: series.style === 'dashed' ? [4, 3] : [],
      pointRadius: 0,
      fill: series.style === 'area',
      backgroundColor: `color-mix(in srgb, ${colour} 14%, transparent)`,
    };
  }

  #overlay(): Plugin<'line'> {
    return {
      id: 'wheelhouse-overlay',
      afterDatasetsDraw: (chart) => {
        const picture = this.#picture;
        const scale = chart.scales['x'];
        if (!picture || !scale) return;
        const { ctx, chartArea } = chart;
        ctx.save();
        ctx.fillStyle = this.#colour('--wh-ink-2');
        ctx.font = '10px sans-serif';
        ctx.textAlign = 'center';
        for (const mark of picture.marks) {
          if (mark.at < picture.from || mark.at > picture.to) continue;
          ctx.fillText(MARK_SIGN[mark.kind], scale.getPixelForValue(mark.at), chartArea.top + 6);
        }
        if (picture.crosshairAt !== null && picture.crosshairAt >= picture.from) {
          const left = Math.round(scale.getPixelForValue(picture.crosshairAt)) + 0.5;
          ctx.strokeStyle = this.#colour('--wh-line-strong');
          ctx.beginPath();
          ctx.moveTo(left, chartArea.top);
          ctx.lineTo(left, chartArea.bottom);
          ctx.stroke();
        }
        ctx.restore();
      },
    };
  }
}
