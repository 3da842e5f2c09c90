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
    errors.push(forbiddenField(field, 'must be empty when `clusterIP` is not specified'));
  } else if (clusterIPs.length > 0 && clusterIPs[0] !== clusterIP) {
    errors.push(invalidValue(field, clusterIPs, 'first value must match `clusterIP`'));
  }
  if (clusterIPs[0] === 'None') {
    if (clusterIPs.length > 1) errors.push(invalidValue(field, clusterIPs, "'None' must be the first and only value"));
  } else errors.push(...clusterIPs.flatMap((ip, index) => validIp(`${field}[${index}]`, ip)));
  if (clusterIPs.length > 2) errors.push(invalidValue(field, clusterIPs, 'may only hold up to 2 values'));
  else if (!isOneOfEachFamily(clusterIPs)) {
    errors.push(invalidValue(field, clusterIPs, 'may specify no more than one IP for each IP family'));
  }
  return [
    ...errors,
    ...ipFamilies.flatMap((family, index) => oneOf(`spec.ipFamilies[${index}]`, family, ['IPv4', 'IPv6'])),
    ...duplicatesIn(
      ipFamilies,
      (family) => family,
      (index) => `spec.ipFamilies[${index}]`,
    ),
    ...oneOf('spec.ipFamilyPolicy', spec.ipFamilyPolicy, ['PreferDualStack', 'RequireDualStack', 'SingleStack']),
  ];
}

/** What of a Service is for life once it has it (ValidateServiceUpdate). */
export function validateServiceUpdate(service: Service, old: Service): FieldError[] {
  const after: Partial<ServiceSpec> = service.spec ?? {};
  const before: Partial<ServiceSpec> = old.spec ?? {};
  const errors: FieldError[] = [];
  if (before.type !== 'ExternalName' && after.type !== 'ExternalName') {
    errors.push(
      ...keptFirst('clusterIPs', 'primary clusterIP can not be unset', after.clusterIPs, before.clusterIPs),
      ...keptFirst('ipFamilies', 'primary ipFamily can not be unset', after.ipFamilies, before.ipFamilies),
    );
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

function keptFirst(
  name: 'clusterIPs' | 'ipFamilies',
  unset: string,
  after: readonly string[] = [],
  before: readonly string[] = [],
): FieldError[] {
  if (before[0] === undefined || before[0] === after[0]) return [];
  return [invalidValue(`spec.${name}[0]`, after, after.length === 0 ? unset : 'may not change once set')];
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
