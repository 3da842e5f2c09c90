import type { HorizontalPodAutoscaler } from '../../../shared/api/kinds.ts';

type Metric = NonNullable<NonNullable<HorizontalPodAutoscaler['spec']>['metrics']>[number];
type MetricStatus = NonNullable<NonNullable<HorizontalPodAutoscaler['status']>['currentMetrics']>[number];

const UNKNOWN = '<unknown>';
/** More metrics than this are only counted. */
const SHOWN = 2;

/** The Targets cell of an autoscaler: `cpu: 12%/80%, 33/100 + 1 more...` (printers formatHPAMetrics). */
export function printTargets(metrics: readonly Metric[], statuses: readonly MetricStatus[]): string {
  if (metrics.length === 0) return '<none>';
  const shown = metrics.slice(0, SHOWN).map((metric, index) => printTarget(metric, statuses[index]));
  const more = metrics.length - SHOWN;
  return shown.join(', ') + (more > 0 ? ` + ${more} more...` : '');
}

function printTarget(metric: Metric, status: MetricStatus | undefined): string {
  switch (metric.type) {
    case 'External':
      return printValues(metric.external?.target, status?.external?.current);
    case 'Object':
      return printValues(metric.object?.target, status?.object?.current);
    case 'Pods':
      return printAverage(metric.pods?.target, status?.pods?.current);
    case 'Resource':
      return printResource(metric.resource, status?.resource?.current);
    case 'ContainerResource':
      return printResource(metric.containerResource, status?.containerResource?.current);
    default:
      return '<unknown type>';
  }
}

interface Values {
  value?: string;
  averageValue?: string;
  averageUtilization?: number;
}

const printAverage = (target: Values | undefined, current: Values | undefined): string =>
  `${current?.averageValue ?? UNKNOWN}/${target?.averageValue ?? '0'}`;

const printValues = (target: Values | undefined, current: Values | undefined): string =>
  target?.averageValue === undefined
    ? `${current?.value ?? UNKNOWN}/${target?.value ?? '0'}`
    : `${current?.averageValue ?? UNKNOWN}/${target.averageValue} (avg)`;

function printResource(source: { name: string; target: Values } | undefined, current: Values | undefined): string {
  const { name = '', target } = source ?? {};
  if (target?.averageValue !== undefined) return `${name}: ${current?.averageValue ?? UNKNOWN}/${target.averageValue}`;
  const now = current?.averageUtilization === undefined ? UNKNOWN : `${current.averageUtilization}%`;
  const wanted = target?.averageUtilization === undefined ? '<auto>' : `${target.averageUtilization}%`;
  return `${name}: ${now}/${wanted}`;
}
