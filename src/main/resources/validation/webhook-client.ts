import type { ValidatingWebhookConfiguration } from '../../../shared/api/kinds.ts';
import type { FieldError } from './field-error.ts';
import { invalidValue, required } from './fields.ts';
import { dns1123Subdomain, portNumber } from './names.ts';

export type WebhookClientConfig = NonNullable<ValidatingWebhookConfiguration['webhooks']>[number]['clientConfig'];
type ServiceReference = NonNullable<WebhookClientConfig['service']>;

const FORM = '; desired format: https://host[/path]';

/** Where a webhook is: a URL or a Service, never both (apiserver util/webhook validation.go). */
export function validateWebhookClient(client: Partial<WebhookClientConfig>, field: string): FieldError[] {
  const { url, service } = client;
  if ((url === undefined) === (service === undefined))
    return [required(field, 'exactly one of url or service is required')];
  return [
    ...(url === undefined ? [] : validateWebhookUrl(url, `${field}.url`)),
    ...(service ? validateService(service, `${field}.service`) : []),
  ];
}

/** Go's url.Parse and ours differ in what they let through; what either refuses is refused. */
function validateWebhookUrl(text: string, field: string): FieldError[] {
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(text)?.[1]?.toLowerCase() ?? '';
  const authority = /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/([^/?#]*)/.exec(text)?.[1] ?? '';
  const at = authority.lastIndexOf('@');
  const errors: FieldError[] = [];
  if (scheme !== 'https') errors.push(invalidValue(field, scheme, `'https' is the only allowed URL scheme${FORM}`));
  if (authority.slice(at + 1) === '') errors.push(invalidValue(field, '', `host must be provided${FORM}`));
  if (at >= 0) errors.push(invalidValue(field, authority.slice(0, at), 'user information is not permitted in the URL'));
  const fragment = /#(.+)$/s.exec(text)?.[1];
  if (fragment) errors.push(invalidValue(field, fragment, 'fragments are not permitted in the URL'));
  const query = /\?([^#]+)/.exec(text)?.[1];
  if (query) errors.push(invalidValue(field, query, 'query parameters are not permitted in the URL'));
  if (errors.length === 0 && !URL.canParse(text))
    errors.push(required(field, `url must be a valid URL: parse ${JSON.stringify(text)}: invalid URL${FORM}`));
  return errors;
}

function validateService(service: Partial<ServiceReference>, field: string): FieldError[] {
  const { name, namespace, port = 443, path = '' } = service;
  return [
    ...(name ? [] : [required(`${field}.name`, 'service name is required')]),
    ...(namespace ? [] : [required(`${field}.namespace`, 'service namespace is required')]),
    ...portNumber(port).map((problem) => invalidValue(`${field}.port`, port, `port is not valid: ${problem}`)),
    ...validatePath(path, `${field}.path`),
  ];
}

function validatePath(path: string, field: string): FieldError[] {
  if (path === '' || path === '/') return [];
  if (path === '//') return [invalidValue(field, path, 'segment[0] may not be empty')];
  const errors = path.startsWith('/') ? [] : [invalidValue(field, path, "must start with a '/'")];
  const steps = path.slice(1).replace(/\/$/, '').split('/');
  return [
    ...errors,
    ...steps.flatMap((step, index) =>
      step === ''
        ? [invalidValue(field, path, `segment[${index}] may not be empty`)]
        : dns1123Subdomain(step).map((problem) => invalidValue(field, path, `segment[${index}]: ${problem}`)),
    ),
  ];
}
