/** One measurement of a family. `at`: milliseconds since the epoch; without it, the time of the scrape. */
export interface MetricSample {
  labels: Record<string, string>;
  value: number;
  at?: number;
}

export interface MetricFamily {
  name: string;
  help: string;
  type: 'counter' | 'gauge';
  samples: MetricSample[];
}

/** The media type of Prometheus' text format. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Prometheus' text format. prom-client cannot give samples the time they were taken at; families without any are left out. */
export function renderFamilies(families: readonly MetricFamily[]): string {
  return families
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, help, type, samples }) =>
      [`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`, ...samples.map((each) => line(name, each))]
        .map((text) => `${text}\n`)
        .join(''),
    )
    .join('');
}

function line(name: string, { labels, value, at }: MetricSample): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escapeLabel(text)}"`);
  const set = pairs.length > 0 ? `{${pairs.join(',')}}` : '';
  return `${name}${set} ${numberText(value)}${at === undefined ? '' : ` ${Math.round(at)}`}`;
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return String(value);
}

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', '\\"');
