import type { Container } from '../../../shared/api/kinds.ts';
import { parseQuantity } from '../../../shared/api/quantity.ts';
import type { FieldError } from './field-error.ts';
import { complaintsAbout, invalidValue, required } from './fields.ts';
import { qualifiedName } from './names.ts';

type Resources = NonNullable<Container['resources']>;

const STANDARD = new Set(['cpu', 'memory', 'ephemeral-storage']);
const isHugePages = (name: string): boolean => name.startsWith('hugepages-');
/** GPUs and the like: whole numbers, and never more on a machine than it has. */
const isExtended = (name: string): boolean => name.includes('/');

/** Names, amounts, and requests within limits (core/validation ValidateContainerResourceRequirements). */
export function validateResources(resources: Resources | undefined, field: string): FieldError[] {
  const limits = resources?.limits ?? {};
  const requests = resources?.requests ?? {};
  return [
    ...Object.entries(limits).flatMap(([name, amount]) => validateAmount(name, amount, `${field}.limits`)),
    ...Object.entries(requests).flatMap(([name, amount]) => [
      ...validateAmount(name, amount, `${field}.requests`),
      ...validateAgainstLimit(name, amount, limits[name], field),
    ]),
  ];
}

function validateAmount(name: string, amount: string, field: string): FieldError[] {
  const errors = complaintsAbout(`${field}[${name}]`, name, qualifiedName(name));
  if (!isExtended(name) && !STANDARD.has(name) && !isHugePages(name)) {
    errors.push(invalidValue(`${field}[${name}]`, name, 'must be a standard resource for containers'));
  }
  const value = parseQuantity(amount);
  if (value < 0) errors.push(invalidValue(`${field}[${name}]`, amount, 'must be greater than or equal to 0'));
  if ((isExtended(name) || isHugePages(name)) && !Number.isInteger(value)) {
    errors.push(invalidValue(`${field}[${name}]`, amount, 'must be an integer'));
  }
  return errors;
}

function validateAgainstLimit(name: string, request: string, limit: string | undefined, field: string): FieldError[] {
  const cannotOvercommit = isExtended(name) || isHugePages(name);
  if (limit === undefined) {
    return cannotOvercommit ? [required(`${field}.limits`, 'Limit must be set for non overcommitable resources')] : [];
  }
  const [asked, most] = [parseQuantity(request), parseQuantity(limit)];
  if (cannotOvercommit && asked !== most) {
    return [invalidValue(`${field}.requests`, request, `must be equal to ${name} limit of ${limit}`)];
  }
  return asked > most
    ? [invalidValue(`${field}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`)]
    : [];
}
