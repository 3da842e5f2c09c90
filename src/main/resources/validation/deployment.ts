import type { Deployment } from '../../../shared/api/kinds.ts';
import type { FieldError } from './field-error.ts';
import { forbiddenField, invalidValue, nonNegative, notSupported, required } from './fields.ts';
import { validateSelectorAndTemplate } from './pod-template.ts';
import { atMost100Percent, isZeroAmount, validateIntOrPercent } from './workload-parts.ts';

type Strategy = NonNullable<NonNullable<Deployment['spec']>['strategy']>;

/** `spec` of a Deployment (apps/validation ValidateDeploymentSpec). */
export function validateDeployment({ spec }: Deployment): FieldError[] {
  const errors = [
    ...nonNegative('spec.replicas', spec?.replicas),
    ...validateSelectorAndTemplate(spec, 'Deployment'),
    ...validateStrategy(spec?.strategy ?? {}),
    ...nonNegative('spec.minReadySeconds', spec?.minReadySeconds),
    ...nonNegative('spec.revisionHistoryLimit', spec?.revisionHistoryLimit),
  ];
  const deadline = spec?.progressDeadlineSeconds;
  if (deadline !== undefined) {
    const field = 'spec.progressDeadlineSeconds';
    errors.push(...nonNegative(field, deadline));
    if (deadline <= (spec?.minReadySeconds ?? 0)) {
      errors.push(invalidValue(field, deadline, 'must be greater than minReadySeconds'));
    }
  }
  return errors;
}

function validateStrategy(strategy: Strategy): FieldError[] {
  const field = 'spec.strategy';
  switch (strategy.type) {
    case 'Recreate':
      return strategy.rollingUpdate
        ? [forbiddenField(`${field}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'")]
        : [];
    case 'RollingUpdate':
      return strategy.rollingUpdate
        ? validateRollingUpdate(strategy.rollingUpdate, `${field}.rollingUpdate`)
        : [required(`${field}.rollingUpdate`, 'this should be defaulted and never be nil')];
    // Without a spec there are no defaults; the missing selector and template are reported instead.
    case undefined:
      return [];
    default:
      return [notSupported(field, strategy, ['Recreate', 'RollingUpdate'])];
  }
}

function validateRollingUpdate(rollingUpdate: NonNullable<Strategy['rollingUpdate']>, field: string): FieldError[] {
  const { maxUnavailable, maxSurge } = rollingUpdate;
  const errors = [
    ...validateIntOrPercent(maxUnavailable, `${field}.maxUnavailable`),
    ...validateIntOrPercent(maxSurge, `${field}.maxSurge`),
  ];
  if (isZeroAmount(maxUnavailable) && isZeroAmount(maxSurge)) {
    errors.push(invalidValue(`${field}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  }
  return [...errors, ...atMost100Percent(maxUnavailable, `${field}.maxUnavailable`)];
}
