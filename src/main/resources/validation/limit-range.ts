import type { LimitRange } from '../../../shared/api/kinds.ts';
import { parseQuantity } from '../../../shared/api/quantity.ts';
import type { FieldError } from './field-error.ts';
import { complaintsAbout, duplicatesIn, forbiddenField, invalidValue, required } from './fields.ts';
import { qualifiedName } from './names.ts';
import { isExtendedResource, validateContainerResourceName, validateResourceName } from './quantities.ts';

type Item = NonNullable<LimitRange['spec']>['limits'][number];

const TYPES = ['Pod', 'Container', 'PersistentVolumeClaim'];
const AMOUNTS = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;

/** A LimitRange (core/validation ValidateLimitRange). */
export function validateLimitRange({ spec }: LimitRange): FieldError[] {
  const limits = spec?.limits ?? [];
  return [
    ...limits.flatMap((item, index) => validateItem(item, `spec.limits[${index}]`)),
    ...duplicatesIn(
      limits,
      ({ type }) => type,
      (index) => `spec.limits[${index}].type`,
    ),
  ];
}

function validateItem(item: Item, field: string): FieldError[] {
  const validateName = TYPES.slice(0, 2).includes(item.type) ? validateContainerResourceName : validateResourceName;
  const names = AMOUNTS.filter((amounts) => item.type !== 'Pod' || !amounts.startsWith('default')).flatMap((amounts) =>
    Object.keys(item[amounts] ?? {}).map((name) => ({
      name,
      errors: validateName(name, `${field}.${amounts}[${name}]`),
    })),
  );
  const forbidden = (['default', 'defaultRequest'] as const).filter(
    (amounts) => item.type === 'Pod' && Object.keys(item[amounts] ?? {}).length > 0,
  );
  return [
    ...validateType(item.type ?? '', `${field}.type`),
    ...names.flatMap(({ errors }) => errors),
    ...forbidden.map((amounts) => forbiddenField(`${field}.${amounts}`, "may not be specified when `type` is 'Pod'")),
    ...(item.type === 'PersistentVolumeClaim' && !item.min?.['storage'] && !item.max?.['storage']
      ? [required(`${field}.limits`, 'either minimum or maximum storage value is required, but neither was provided')]
      : []),
    ...[...new Set(names.map(({ name }) => name))].flatMap((name) => validateOrder(item, name, field)),
  ];
}

function validateType(type: string, field: string): FieldError[] {
  const errors = complaintsAbout(field, type, qualifiedName(type));
  if (errors.length > 0 || type.includes('/') || TYPES.includes(type)) return errors;
  return [invalidValue(field, type, 'must be a standard limit type or fully qualified')];
}

/** min ≤ default request ≤ default ≤ max, for one resource, of those that are given. */
function validateOrder(item: Item, name: string, field: string): FieldError[] {
  const { min, max } = { min: item.min?.[name], max: item.max?.[name] };
  const [limit, request] = item.type === 'Pod' ? [] : [item.default?.[name], item.defaultRequest?.[name]];
  const ratio = item.maxLimitRequestRatio?.[name];
  const at = (amounts: string): string => `${field}.${amounts}[${name}]`;
  const errors: FieldError[] = [];
  const order = (
    low: string | undefined,
    high: string | undefined,
    shown: 'low' | 'high',
    path: string,
    words: [string, string],
  ) => {
    if (low === undefined || high === undefined || parseQuantity(low) <= parseQuantity(high)) return;
    const detail = `${words[0]} value ${low} is greater than ${words[1]} value ${high}`;
    errors.push(invalidValue(at(path), shown === 'low' ? low : high, detail));
  };
  order(min, max, 'low', 'min', ['min', 'max']);
  order(min, request, 'high', 'defaultRequest', ['min', 'default request']);
  order(request, max, 'low', 'defaultRequest', ['default request', 'max']);
  order(request, limit, 'low', 'defaultRequest', ['default request', 'default limit']);
  order(min, limit, 'low', 'default', ['min', 'default']);
  order(limit, max, 'high', 'default', ['default', 'max']);
  if (ratio !== undefined) errors.push(...validateRatio(ratio, min, max, at('maxLimitRequestRatio')));
  const fixed = isExtendedResource(name) || name.startsWith('hugepages-');
  if (fixed && limit !== undefined && request !== undefined && parseQuantity(limit) !== parseQuantity(request)) {
    const detail = `default value ${limit} must equal to defaultRequest value ${request} in ${name}`;
    errors.push(invalidValue(at('defaultRequest'), request, detail));
  }
  return errors;
}

function validateRatio(ratio: string, min: string | undefined, max: string | undefined, field: string): FieldError[] {
  const value = parseQuantity(ratio);
  const errors = value < 1 ? [invalidValue(field, ratio, `ratio ${ratio} is less than 1`)] : [];
  if (min === undefined || max === undefined) return errors;
  const most = parseQuantity(max) / parseQuantity(min);
  return value > most
    ? [...errors, invalidValue(field, ratio, `ratio ${ratio} is greater than max/min = ${most.toFixed(6)}`)]
    : errors;
}
