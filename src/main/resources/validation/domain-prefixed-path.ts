import type { FieldError } from './field-error.ts';
import { complaintsAbout, invalidValue, required } from './fields.ts';
import { dns1123Subdomain } from './names.ts';

const HTTP_PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const HTTP_PATH_REGEXP = new RegExp(`^${HTTP_PATH}$`);

/** `example.com/controller`: a domain and a path (util/validation IsDomainPrefixedPath). */
export function validateDomainPrefixedPath(field: string, value: string): FieldError[] {
  if (value === '') return [required(field)];
  const [domain = '', ...rest] = value.split('/');
  const path = rest.join('/');
  if (domain === '' || path === '') {
    return [invalidValue(field, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  }
  return [
    ...complaintsAbout(field, domain, dns1123Subdomain(domain)),
    ...(HTTP_PATH_REGEXP.test(path)
      ? []
      : [invalidValue(field, path, `Invalid path (regex used for validation is '${HTTP_PATH}')`)]),
  ];
}
