import { isIPv4 } from 'node:net';
import type { Service } from '../../../../shared/api/kinds.ts';
import type { FieldError } from '../../../resources/validation/field-error.ts';
import { invalidValue } from '../../../resources/validation/fields.ts';

type Spec = NonNullable<Service['spec']>;

/**
 * Fills in `ipFamilies` and `ipFamilyPolicy` for a cluster that has IPv4 only, and returns what cannot be had there
 * (alloc.go initIPFamilyFields). Changes its argument.
 */
export function initIpFamilies(spec: Spec, before: Spec | undefined): FieldError[] {
  if (spec.type === 'ExternalName') return [];
  const bare = spec.clusterIP === 'None' && Object.keys(spec.selector ?? {}).length === 0;
  spec.ipFamilyPolicy ??= before?.ipFamilyPolicy ?? (bare ? 'RequireDualStack' : 'SingleStack');
  const ips = (spec.clusterIPs ?? []).filter((ip) => ip !== 'None');
  const families = (spec.ipFamilies ??= []);
  const single = spec.ipFamilyPolicy === 'SingleStack';
  const errors: FieldError[] = [];
  if (single && Math.max(ips.length, families.length) > 1) {
    const what = ips.length > 1 ? 'cluster IPs' : 'IP families';
    const detail = `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`;
    errors.push(invalidValue('spec.ipFamilyPolicy', spec.ipFamilyPolicy, detail));
  }
  ips.forEach((ip, index) => {
    if (index < families.length) return;
    if (isIPv4(ip)) families.push('IPv4');
    else errors.push(invalidValue(`spec.clusterIPs[${index}]`, ips, 'IPv6 is not configured on this cluster'));
  });
  if (errors.length > 0) return errors;
  if (bare) {
    // Nothing is allocated for it, and its endpoints may be anywhere.
    if (families.length === 0) families.push('IPv4');
    if (families.length < 2 && !single) families.push(families[0] === 'IPv4' ? 'IPv6' : 'IPv4');
    return [];
  }
  if (spec.ipFamilyPolicy === 'RequireDualStack') {
    const detail = 'this cluster is not configured for dual-stack services';
    errors.push(invalidValue('spec.ipFamilyPolicy', spec.ipFamilyPolicy, detail));
  }
  families.forEach((family, index) => {
    if (family !== 'IPv4')
      errors.push(invalidValue(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster'));
  });
  if (errors.length === 0 && families.length === 0) families.push('IPv4');
  return errors;
}
