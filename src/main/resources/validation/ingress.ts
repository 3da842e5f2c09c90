import { isIP } from 'node:net';
import type { Ingress } from '../../../shared/api/kinds.ts';
import { validIp } from './addresses.ts';
import type { FieldError } from './field-error.ts';
import { complaintsAbout, invalidValue, notSupported, required } from './fields.ts';
import {
  dns1035Label,
  dns1123Subdomain,
  pathSegment,
  portName,
  portNumber,
  wildcardDns1123Subdomain,
} from './names.ts';

type IngressSpec = NonNullable<Ingress['spec']>;
type Backend = NonNullable<IngressSpec['defaultBackend']>;
type Path = NonNullable<NonNullable<IngressSpec['rules']>[number]['http']>['paths'][number];

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
const INVALID_SEQUENCES = ['//', '/./', '/../', '%2f', '%2F'];
const INVALID_ENDINGS = ['/..', '/.'];
const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];

/** An Ingress (networking/validation ValidateIngressSpec). */
export function validateIngress({ metadata, spec }: Ingress): FieldError[] {
  const { rules = [], tls = [], defaultBackend, ingressClassName } = spec ?? {};
  const annotated = metadata?.annotations?.[CLASS_ANNOTATION];
  const isNew = metadata?.resourceVersion === undefined;
  return [
    ...(rules.length === 0 && !defaultBackend
      ? [invalidValue('spec', rules, 'either `defaultBackend` or `rules` must be specified')]
      : []),
    ...(defaultBackend ? validateBackend(defaultBackend, 'spec.defaultBackend') : []),
    ...rules.flatMap(({ host, http }, index) => [
      ...(host ? validateHost(host, `spec.rules[${index}].host`) : []),
      ...(http && !http.paths?.length ? [required(`spec.rules[${index}].http.paths`)] : []),
      ...(http?.paths ?? []).flatMap((path, at) => validatePath(path, `spec.rules[${index}].http.paths[${at}]`)),
    ]),
    ...tls.flatMap(({ hosts = [], secretName }, index) => [
      ...hosts.flatMap((host, at) => validateName(host, `spec.tls[${index}].hosts[${at}]`)),
      ...(secretName ? complaintsAbout(`spec.tls[${index}].secretName`, secretName, dns1123Subdomain(secretName)) : []),
    ]),
    ...(ingressClassName === undefined
      ? []
      : complaintsAbout('spec.ingressClassName', ingressClassName, dns1123Subdomain(ingressClassName))),
    ...(isNew && annotated !== undefined && ingressClassName !== undefined && annotated !== ingressClassName
      ? [
          invalidValue(
            `annotations.${CLASS_ANNOTATION}`,
            annotated,
            'must match `ingressClassName` when both are specified',
          ),
        ]
      : []),
  ];
}

const validateHost = (host: string, field: string): FieldError[] => [
  ...(isIP(host) === 0 ? [] : [invalidValue(field, host, 'must be a DNS name, not an IP address')]),
  ...validateName(host, field),
];

const validateName = (host: string, field: string): FieldError[] =>
  complaintsAbout(field, host, host.includes('*') ? wildcardDns1123Subdomain(host) : dns1123Subdomain(host));

function validatePath({ path = '', pathType, backend }: Path, field: string): FieldError[] {
  const at = `${field}.path`;
  if (pathType === undefined) return [required(`${field}.pathType`, 'pathType must be specified')];
  const errors: FieldError[] = [];
  if (!PATH_TYPES.includes(pathType)) errors.push(notSupported(`${field}.pathType`, pathType, PATH_TYPES));
  else if (pathType === 'ImplementationSpecific') {
    if (path !== '' && !path.startsWith('/')) errors.push(invalidValue(at, path, 'must be an absolute path'));
  } else {
    if (!path.startsWith('/')) errors.push(invalidValue(at, path, 'must be an absolute path'));
    errors.push(
      ...INVALID_SEQUENCES.filter((part) => path.includes(part)).map((part) =>
        invalidValue(at, path, `must not contain '${part}'`),
      ),
      ...INVALID_ENDINGS.filter((part) => path.endsWith(part)).map((part) =>
        invalidValue(at, path, `cannot end with '${part}'`),
      ),
    );
  }
  return [...errors, ...validateBackend(backend ?? {}, `${field}.backend`)];
}

function validateBackend({ resource, service }: Backend, field: string): FieldError[] {
  if (resource && service) return [invalidValue(field, '', 'cannot set both resource and service backends')];
  if (resource) return validateReference(resource, `${field}.resource`);
  if (!service) return [invalidValue(field, '', 'resource or service backend is required')];
  const { name, number } = service.port ?? {};
  return [
    ...(service.name
      ? complaintsAbout(`${field}.service.name`, service.name, dns1035Label(service.name))
      : [required(`${field}.service.name`)]),
    ...(name && number
      ? [invalidValue(field, '', 'cannot set both port name & port number')]
      : name
        ? complaintsAbout(`${field}.service.port.name`, name, portName(name))
        : number
          ? complaintsAbout(`${field}.service.port.number`, number, portNumber(number))
          : [required(field, 'port name or number is required')]),
  ];
}

/** A reference to an object by group, kind and name: what a backend or a class's parameters may be. */
export function validateReference(
  reference: { apiGroup?: string; kind?: string; name?: string },
  field: string,
): FieldError[] {
  const { apiGroup, kind, name } = reference;
  return [
    ...(apiGroup === undefined ? [] : complaintsAbout(`${field}.apiGroup`, apiGroup, dns1123Subdomain(apiGroup))),
    ...(kind
      ? complaintsAbout(`${field}.kind`, kind, pathSegment(kind))
      : [required(`${field}.kind`, 'kind is required')]),
    ...(name
      ? complaintsAbout(`${field}.name`, name, pathSegment(name))
      : [required(`${field}.name`, 'name is required')]),
  ];
}

export function validateIngressStatus({ status }: Ingress): FieldError[] {
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }, index) => {
    const field = `status.loadBalancer.ingress[${index}]`;
    return [
      ...(ip ? validIp(`${field}.ip`, ip) : []),
      ...(hostname ? complaintsAbout(`${field}.hostname`, hostname, dns1123Subdomain(hostname)) : []),
      ...(hostname && isIP(hostname) !== 0
        ? [invalidValue(`${field}.hostname`, hostname, 'must be a DNS name, not an IP address')]
        : []),
    ];
  });
}
