import type { HorizontalPodAutoscaler } from '../../../shared/api/kinds.ts';
import { parseQuantity } from '../../../shared/api/quantity.ts';
import type { FieldError } from './field-error.ts';
import { complaintsAbout, forbiddenField, invalidValue, notSupported, required } from './fields.ts';
import { dns1123Label, pathSegment } from './names.ts';
import { validateContainerResourceName } from './quantities.ts';

type Spec = NonNullable<HorizontalPodAutoscaler['spec']>;
type Metric = NonNullable<Spec['metrics']>[number];
type Rules = NonNullable<NonNullable<Spec['behavior']>['scaleUp']>;
type Policy = NonNullable<Rules['policies']>[number];
type Target = NonNullable<Metric['resource']>['target'];

const LONGEST_PERIOD_SECONDS = 1800;
const LONGEST_WINDOW_SECONDS = 3600;

/** Scaling to zero is an alpha feature of upstream's. */
const FEWEST_REPLICAS = 1;

/** autoscaling/validation ValidateHorizontalPodAutoscaler. */
export function validateAutoscaler({ spec }: HorizontalPodAutoscaler): FieldError[] {
  const { minReplicas, maxReplicas = 0, scaleTargetRef, metrics = [], behavior }: Partial<Spec> = spec ?? {};
  const errors: FieldError[] = [];
  if (minReplicas !== undefined && minReplicas < FEWEST_REPLICAS)
    errors.push(invalidValue('spec.minReplicas', minReplicas, `must be greater than or equal to ${FEWEST_REPLICAS}`));
  if (maxReplicas < 1) errors.push(invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than 0'));
  if (minReplicas !== undefined && maxReplicas < minReplicas)
    errors.push(invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`'));
  errors.push(...validateReference(scaleTargetRef ?? {}, 'spec.scaleTargetRef'));
  metrics.forEach((metric, index) => errors.push(...validateMetric(metric, `spec.metrics[${index}]`)));
  const scalesFromZero = metrics.some(({ type }) => type === 'Object' || type === 'External');
  if (minReplicas === 0 && !scalesFromZero)
    errors.push(
      forbiddenField(
        'spec.metrics',
        'must specify at least one Object or External metric to support scaling to zero replicas',
      ),
    );
  return [
    ...errors,
    ...validateRules(behavior?.scaleUp, 'spec.behavior.scaleUp'),
    ...validateRules(behavior?.scaleDown, 'spec.behavior.scaleDown'),
  ];
}

function validateReference(reference: { kind?: string; name?: string }, field: string): FieldError[] {
  return (['kind', 'name'] as const).flatMap((part) => {
    const value = reference[part];
    return value ? complaintsAbout(`${field}.${part}`, value, pathSegment(value)) : [required(`${field}.${part}`)];
  });
}

function validateRules(rules: Rules | undefined, field: string): FieldError[] {
  if (!rules) return [];
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [], tolerance } = rules;
  const errors: FieldError[] = [];
  if (window !== undefined && window < 0)
    errors.push(invalidValue(`${field}.stabilizationWindowSeconds`, window, 'must be greater than or equal to zero'));
  if (window !== undefined && window > LONGEST_WINDOW_SECONDS)
    errors.push(
      invalidValue(
        `${field}.stabilizationWindowSeconds`,
        window,
        `must be less than or equal to ${LONGEST_WINDOW_SECONDS}`,
      ),
    );
  if (selectPolicy !== undefined && !['Disabled', 'Max', 'Min'].includes(selectPolicy))
    errors.push(notSupported(`${field}.selectPolicy`, selectPolicy, ['Disabled', 'Max', 'Min']));
  if (policies.length === 0) errors.push(required(`${field}.policies`, 'must specify at least one Policy'));
  policies.forEach((policy, index) => errors.push(...validatePolicy(policy, `${field}.policies[${index}]`)));
  if (tolerance !== undefined && parseQuantity(tolerance) < 0)
    errors.push(invalidValue(`${field}.tolerance`, tolerance, 'must be greater than or equal to 0'));
  return errors;
}

function validatePolicy({ type, value = 0, periodSeconds = 0 }: Partial<Policy>, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (type !== 'Pods' && type !== 'Percent')
    errors.push(notSupported(`${field}.type`, type ?? '', ['Percent', 'Pods']));
  if (value <= 0) errors.push(invalidValue(`${field}.value`, value, 'must be greater than zero'));
  if (periodSeconds <= 0)
    errors.push(invalidValue(`${field}.periodSeconds`, periodSeconds, 'must be greater than zero'));
  if (periodSeconds > LONGEST_PERIOD_SECONDS)
    errors.push(
      invalidValue(`${field}.periodSeconds`, periodSeconds, `must be less than or equal to ${LONGEST_PERIOD_SECONDS}`),
    );
  return errors;
}

/** The field of each source; a metric has exactly the one its type names. */
const SOURCE_OF: Readonly<Record<string, 'object' | 'external' | 'pods' | 'resource' | 'containerResource'>> = {
  Object: 'object',
  External: 'external',
  Pods: 'pods',
  Resource: 'resource',
  ContainerResource: 'containerResource',
};
const METRIC_TYPES = Object.keys(SOURCE_OF).sort();

function validateMetric(metric: Partial<Metric>, field: string): FieldError[] {
  const { type = '' } = metric;
  const errors: FieldError[] = [];
  const expected = Object.hasOwn(SOURCE_OF, type) ? SOURCE_OF[type] : undefined;
  if (type === '') errors.push(required(`${field}.type`, 'must specify a metric source type'));
  if (!expected) errors.push(notSupported(`${field}.type`, type, METRIC_TYPES));
  const present = Object.values(SOURCE_OF).filter((source) => metric[source] !== undefined);
  // As upstream, only the first source is looked into.
  const [first] = present;
  if (first) errors.push(...validateSource(metric, first, `${field}.${first}`));
  if (expected && !metric[expected])
    errors.push(required(`${field}.${expected}`, 'must populate information for the given metric source'));
  if (present.length !== 1)
    for (const other of present.filter((source) => source !== expected))
      errors.push(forbiddenField(`${field}.${other}`, 'must populate the given metric source only'));
  return errors;
}

type Source = (typeof SOURCE_OF)[string];

function validateSource(metric: Partial<Metric>, source: Source, field: string): FieldError[] {
  switch (source) {
    case 'object': {
      const {
        describedObject,
        metric: identifier,
        target,
      } = (metric.object ?? {}) as Partial<NonNullable<Metric['object']>>;
      return [
        ...validateReference(describedObject ?? {}, `${field}.describedObject`),
        ...validateIdentifier(identifier, `${field}.metric`),
        ...validateTarget(target, `${field}.target`),
        ...(target?.value === undefined && target?.averageValue === undefined
          ? [required(`${field}.target.averageValue`, 'must set either a target value or averageValue')]
          : []),
      ];
    }
    case 'external': {
      const { metric: identifier, target } = (metric.external ?? {}) as Partial<NonNullable<Metric['external']>>;
      const both = target?.value !== undefined && target.averageValue !== undefined;
      const none = target?.value === undefined && target?.averageValue === undefined;
      return [
        ...validateIdentifier(identifier, `${field}.metric`),
        ...validateTarget(target, `${field}.target`),
        ...(none
          ? [required(`${field}.target.averageValue`, 'must set either a target value for metric or a per-pod target')]
          : []),
        ...(both
          ? [forbiddenField(`${field}.target.value`, 'may not set both a target value for metric and a per-pod target')]
          : []),
      ];
    }
    case 'pods': {
      const { metric: identifier, target } = (metric.pods ?? {}) as Partial<NonNullable<Metric['pods']>>;
      return [
        ...validateIdentifier(identifier, `${field}.metric`),
        ...validateTarget(target, `${field}.target`),
        ...(target?.averageValue === undefined
          ? [required(`${field}.target.averageValue`, 'must specify a positive target averageValue')]
          : []),
      ];
    }
    case 'resource': {
      const { name, target } = (metric.resource ?? {}) as Partial<NonNullable<Metric['resource']>>;
      return [
        ...(name ? [] : [required(`${field}.name`, 'must specify a resource name')]),
        ...validateResourceTarget(target, `${field}.target`),
      ];
    }
    case 'containerResource': {
      const { name, container, target } = (metric.containerResource ?? {}) as Partial<
        NonNullable<Metric['containerResource']>
      >;
      return [
        ...(name
          ? validateContainerResourceName(name, `${field}.name`)
          : [required(`${field}.name`, 'must specify a resource name')]),
        ...(container
          ? complaintsAbout(`${field}.container`, container, dns1123Label(container))
          : [required(`${field}.container`, 'must specify a container')]),
        ...validateResourceTarget(target, `${field}.target`),
      ];
    }
    case undefined:
      return [];
  }
}

function validateResourceTarget(target: Target | undefined, field: string): FieldError[] {
  const { averageUtilization, averageValue } = target ?? {};
  return [
    ...validateTarget(target, field),
    ...(averageUtilization === undefined && averageValue === undefined
      ? [required(`${field}.averageUtilization`, 'must set either a target raw value or a target utilization')]
      : []),
    ...(averageUtilization !== undefined && averageValue !== undefined
      ? [forbiddenField(`${field}.averageValue`, 'may not set both a target raw value and a target utilization')]
      : []),
  ];
}

function validateTarget(target: Partial<Target> | undefined, field: string): FieldError[] {
  const { type = '', value, averageValue, averageUtilization } = target ?? {};
  const errors: FieldError[] = [];
  if (type === '') errors.push(required(`${field}.type`, 'must specify a metric target type'));
  if (!['Utilization', 'Value', 'AverageValue'].includes(type))
    errors.push(invalidValue(`${field}.type`, type, 'must be either Utilization, Value, or AverageValue'));
  if (value !== undefined && parseQuantity(value) <= 0)
    errors.push(invalidValue(`${field}.value`, value, 'must be positive'));
  if (averageValue !== undefined && parseQuantity(averageValue) <= 0)
    errors.push(invalidValue(`${field}.averageValue`, averageValue, 'must be positive'));
  if (averageUtilization !== undefined && averageUtilization < 1)
    errors.push(invalidValue(`${field}.averageUtilization`, averageUtilization, 'must be greater than 0'));
  return errors;
}

const validateIdentifier = (identifier: { name?: string } | undefined, field: string): FieldError[] =>
  identifier?.name
    ? complaintsAbout(`${field}.name`, identifier.name, pathSegment(identifier.name))
    : [required(`${field}.name`, 'must specify a metric name')];
