import { parseQuantity } from '../../../shared/api/quantity.ts';
import type { FieldError } from './field-error.ts';
import { complaintsAbout, invalidValue } from './fields.ts';
import { qualifiedName } from './names.ts';

/** Names and amounts of resources outside containers: quotas, limits, volumes. */

/** What can be counted in a quota besides compute and storage; whole numbers all. */
const COUNTED = new Set([
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]);
const COMPUTE = ['cpu', 'memory', 'ephemeral-storage'];
const QUOTA = new Set([
  ...COUNTED,
  ...COMPUTE,
  ...COMPUTE.flatMap((name) => [`requests.${name}`, `limits.${name}`]),
  'requests.storage',
]);

const isHugePages = (name: string): boolean => /^(requests\.)?hugepages-/.test(name);
/** Something of a vendor's own: it has a domain that is not Kubernetes', and is whole. */
export const isExtendedResource = (name: string): boolean =>
  name.includes('/') && !name.includes('kubernetes.io/') && !name.startsWith('requests.');

/** A resource upstream knows, or one with a domain (core/validation validateResourceName). */
export function validateResourceName(name: string, field: string): FieldError[] {
  const errors = complaintsAbout(field, name, qualifiedName(name));
  if (errors.length > 0 || name.includes('/') || QUOTA.has(name) || name === 'storage' || isHugePages(name))
    return errors;
  return [invalidValue(field, name, 'must be a standard resource type or fully qualified')];
}

/** The same for what a quota can hold. */
export function validateQuotaResourceName(name: string, field: string): FieldError[] {
  const errors = validateResourceName(name, field);
  if (name.includes('/') || QUOTA.has(name) || isHugePages(name)) return errors;
  return [...errors, invalidValue(field, name, 'must be a standard resource for quota')];
}

/** A limit or request of a container (validateContainerResourceName). */
export function validateContainerResourceName(name: string, field: string): FieldError[] {
  const errors = validateResourceName(name, field);
  if (errors.length > 0 || name.includes('/') || COMPUTE.includes(name) || name.startsWith('hugepages-')) return errors;
  return [invalidValue(field, name, 'must be a standard resource for containers')];
}

/** Not negative, and whole where only whole ones exist (ValidateResourceQuantityValue). */
export function validateResourceAmount(name: string, amount: string, field: string): FieldError[] {
  const value = parseQuantity(amount);
  const errors = value < 0 ? [invalidValue(field, amount, 'must be greater than or equal to 0')] : [];
  const whole = COUNTED.has(name) || isExtendedResource(name);
  return whole && !Number.isInteger(value) ? [...errors, invalidValue(field, amount, 'must be an integer')] : errors;
}

export const validatePositiveQuantity = (amount: string, field: string): FieldError[] =>
  parseQuantity(amount) > 0 ? [] : [invalidValue(field, amount, 'must be greater than zero')];
