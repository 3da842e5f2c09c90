/** Upper bounds in seconds: upstream's apiserver_request_duration_seconds, thinned out. */
const BUCKETS = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 1, 2, 5, 10, 30, 60];

interface Series {
  count: number;
  sum: number;
  buckets: number[];
}

/** Verbs and resources are from closed sets; codes are numbers: nothing a client sends becomes a label. */
export interface RequestLabels {
  verb: string;
  group: string;
  resource: string;
  subresource: string;
}

const labelsOf = ({ verb, group, resource, subresource }: RequestLabels): string =>
  `group="${group}",resource="${resource}",subresource="${subresource}",verb="${verb.toUpperCase()}"`;

/** Counts and times of requests, as Prometheus text. */
export class RequestMetrics {
  readonly #totals = new Map<string, number>();
  readonly #durations = new Map<string, Series>();
  #watches = 0;

  /** A finished request. Watches and other streams are counted, not timed: they last as long as their client. */
  observe(labels: RequestLabels, code: number, seconds: number | undefined): void {
    const text = labelsOf(labels);
    const total = `code="${code}",${text}`;
    this.#totals.set(total, (this.#totals.get(total) ?? 0) + 1);
    if (seconds === undefined) return;
    const series = this.#durations.get(text) ?? { count: 0, sum: 0, buckets: BUCKETS.map(() => 0) };
    series.count += 1;
    series.sum += seconds;
    for (const [index, bound] of BUCKETS.entries())
      if (seconds <= bound) series.buckets[index] = (series.buckets[index] ?? 0) + 1;
    this.#durations.set(text, series);
  }

  watchStarted(): void {
    this.#watches += 1;
  }

  watchEnded(): void {
    this.#watches -= 1;
  }

  render(): string {
    const lines = [
      '# HELP apiserver_request_total Counter of apiserver requests broken out for each verb, resource and HTTP response code.',
      '# TYPE apiserver_request_total counter',
    ];
    for (const [labels, count] of this.#totals) lines.push(`apiserver_request_total{${labels}} ${count}`);
    lines.push(
      '# HELP apiserver_request_duration_seconds Response latency distribution in seconds for each verb and resource.',
      '# TYPE apiserver_request_duration_seconds histogram',
    );
    for (const [labels, series] of this.#durations) {
      const name = 'apiserver_request_duration_seconds';
      for (const [index, bound] of BUCKETS.entries())
        lines.push(`${name}_bucket{${labels},le="${bound}"} ${series.buckets[index] ?? 0}`);
      lines.push(`${name}_bucket{${labels},le="+Inf"} ${series.count}`);
      lines.push(`${name}_sum{${labels}} ${series.sum}`, `${name}_count{${labels}} ${series.count}`);
    }
    lines.push(
      '# HELP apiserver_longrunning_requests Gauge of all active long-running apiserver requests.',
      '# TYPE apiserver_longrunning_requests gauge',
      `apiserver_longrunning_requests{verb="WATCH"} ${this.#watches}`,
    );
    return `${lines.join('\n')}\n`;
  }
}
