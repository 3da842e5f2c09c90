import type { Service } from '../../../shared/api/kinds.ts';
import { isOneOfEachFamily, validIp } from './addresses.ts';
import type { FieldError } from './field-error.ts';
import { complaintsAbout, duplicatesIn, forbiddenField, invalidValue, oneOf } from './fields.ts';
import { dns1123Subdomain } from './names.ts';

type ServiceSpec = NonNullable<Service['spec']>;

/** `clusterIP`, `clusterIPs`, `ipFamilies` and their policy together (ValidateServiceClusterIPsRelatedFields). */
export function validateClusterIps(spec: Partial<ServiceSpec>): FieldError[] {
  if (spec.type === 'ExternalName') return [];
  const field = 'spec.clusterIPs';
  const { clusterIP = '', clusterIPs = [], ipFamilies = [] } = spec;
  const errors: FieldError[] = [];
  if (clusterIP === '' && clusterIPs.length > 0) {
    errors.push(invalidValue(field, clusterIPs, 'must be empty when `clusterIP` is not specified'));
  } else if (clusterIPs.length > 0 && clusterIPs[0] !== clusterIP) {
    errors.push(invalidValue(field, clusterIPs, 'first value must match `clusterIP`'));
  }
  errors.push(
    ...ipFamilies.flatMap((family, index) => oneOf(`spec.ipFamilies[${index}]`, family, ['IPv4', 'IPv6'])),
    ...duplicatesIn(
      ipFamilies,
      (family) => family,
      (index) => `spec.ipFamilies[${index}]`,
    ),
    ...oneOf('spec.ipFamilyPolicy', spec.ipFamilyPolicy, ['PreferDualStack', 'RequireDualStack', 'SingleStack']),
  );
  const wrong = validateAddresses(clusterIPs, field);
  const tooMany = clusterIPs.length > 2 ? [invalidValue(field, clusterIPs, 'may only hold up to 2 values')] : [];
  if (wrong.length > 0) return [...errors, ...wrong, ...tooMany];
  return [
    ...errors,
    ...tooMany,
    ...(isOneOfEachFamily(clusterIPs)
      ? []
      : [invalidValue(field, clusterIPs, 'may specify no more than one IP for each IP family')]),
    ...(isHeadless(spec) ? [] : validateFamilies(clusterIPs, ipFamilies, field)),
  ];
}

const isHeadless = ({ clusterIPs = [] }: Partial<ServiceSpec>): boolean =>
  clusterIPs.length === 1 && clusterIPs[0] === 'None';

const validateAddresses = (clusterIPs: readonly string[], field: string): FieldError[] =>
  clusterIPs.flatMap((ip, index) => {
    if (index > 0 || ip !== 'None') return validIp(`${field}[${index}]`, ip);
    return clusterIPs.length > 1 ? [invalidValue(field, clusterIPs, "'None' must be the first and only value")] : [];
  });

const validateFamilies = (clusterIPs: readonly string[], families: readonly string[], field: string): FieldError[] =>
  clusterIPs.flatMap((ip, index) => {
    const family = families[index];
    if (family === undefined || family === (ip.includes(':') ? 'IPv6' : 'IPv4')) return [];
    const detail = `expected an ${family} value as indicated by \`ipFamilies[${index}]\``;
    return [invalidValue(`${field}[${index}]`, ip, detail)];
  });

/** What of a Service is for life once it has it (ValidateServiceUpdate). */
export function validateServiceUpdate(service: Service, old: Service): FieldError[] {
  const after: Partial<ServiceSpec> = service.spec ?? {};
  const before: Partial<ServiceSpec> = old.spec ?? {};
  const errors: FieldError[] = [];
  if (before.type !== 'ExternalName' && after.type !== 'ExternalName') {
    const headless = [isHeadless(before), isHeadless(after)];
    if (!headless.every(Boolean)) errors.push(...validateKept('clusterIPs', 'clusterIP', after, before));
    if (!headless.some(Boolean)) errors.push(...validateKept('ipFamilies', 'ipFamily', after, before));
  }
  const balanced = before.type === 'LoadBalancer' && after.type === 'LoadBalancer';
  if (balanced && after.loadBalancerClass !== before.loadBalancerClass) {
    errors.push(invalidValue('spec.loadBalancerClass', after.loadBalancerClass, 'may not change once set'));
  }
  const checked = ({ type, externalTrafficPolicy }: Partial<ServiceSpec>): boolean =>
    type === 'LoadBalancer' && externalTrafficPolicy === 'Local';
  if (checked(before) && checked(after) && before.healthCheckNodePort !== after.healthCheckNodePort) {
    errors.push(forbiddenField('spec.healthCheckNodePort', 'field is immutable'));
  }
  return errors;
}

/** A second address may come and go, the first stays. */
function validateKept(
  name: 'clusterIPs' | 'ipFamilies',
  one: string,
  now: Partial<ServiceSpec>,
  old: Partial<ServiceSpec>,
): FieldError[] {
  const after: readonly string[] = now[name] ?? [];
  const before: readonly string[] = old[name] ?? [];
  const changed = (index: number): FieldError =>
    invalidValue(`spec.${name}[${index}]`, after, 'may not change once set');
  if (after.length === before.length) {
    // Upstream shows every change of families at the first.
    const at = (index: number): number => (name === 'clusterIPs' ? index : 0);
    return before.flatMap((value, index) => (value === after[index] ? [] : [changed(at(index))]));
  }
  const errors: FieldError[] = [];
  if (after.length === 0) errors.push(invalidValue(`spec.${name}[0]`, after, `primary ${one} can not be unset`));
  if (after.length > 0 && before.length > 0 && after[0] !== before[0]) errors.push(changed(0));
  if (after.length === 1 && before.length > 1 && now.ipFamilyPolicy !== 'SingleStack') {
    const detail = `must be set to 'SingleStack' when releasing the secondary ${one}`;
    errors.push(invalidValue('spec.ipFamilyPolicy', now.ipFamilyPolicy, detail));
  }
  return errors;
}

/** `status.loadBalancer` (ValidateLoadBalancerStatus). */
export function validateServiceStatus(service: Service): FieldError[] {
  const ingress = service.status?.loadBalancer?.ingress ?? [];
  const field = 'status.loadBalancer.ingress';
  const errors =
    ingress.length > 0 && service.spec?.type !== 'LoadBalancer'
      ? [forbiddenField(field, "may only be used when `spec.type` is 'LoadBalancer'")]
      : [];
  return [
    ...errors,
    ...ingress.flatMap(({ ip, hostname, ipMode }, index) => [
      ...(ip ? validIp(`${field}[${index}].ip`, ip) : []),
      ...(hostname ? complaintsAbout(`${field}[${index}].hostname`, hostname, dns1123Subdomain(hostname)) : []),
      ...(ipMode !== undefined && !ip
        ? [forbiddenField(`${field}[${index}].ipMode`, 'may not be specified when `ip` is not set')]
        : oneOf(`${field}[${index}].ipMode`, ipMode, ['Proxy', 'VIP'])),
    ]),
  ];
}
