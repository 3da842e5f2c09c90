import { API_SERVICES, type APIService } from '../../../shared/api/kinds.ts';
import { ageColumn, column, nameColumn } from '../columns/columns.ts';
import type { KindDefinition } from '../definition.ts';
import { bumpGeneration, startGeneration } from '../strategy.ts';
import type { FieldError } from '../validation/field-error.ts';
import { complaintsAbout, invalidValue, required } from '../validation/fields.ts';
import { dns1035Label, dns1123Subdomain, portNumber } from '../validation/names.ts';

const MAX_GROUP_PRIORITY = 20_000;
const MAX_VERSION_PRIORITY = 1000;

function within(field: string, value: number, most: number): FieldError[] {
  return value > 0 && value <= most ? [] : [invalidValue(field, value, `must be positive and less than ${most + 1}`)];
}

/** apiregistration `ValidateAPIService`. */
function validateApiService({ metadata, spec }: APIService): FieldError[] {
  if (!spec) return [required('spec')];
  const { group = '', version = '', service } = spec;
  const name = metadata?.name ?? '';
  return [
    ...(name === `${version}.${group}`
      ? []
      : [invalidValue('metadata.name', name, 'must be `spec.version+"."+spec.group`')]),
    ...(group === '' && version !== 'v1'
      ? [required('spec.group', 'only v1 may have an empty group and it better be legacy kube')]
      : []),
    ...(group === '' ? [] : complaintsAbout('spec.group', group, dns1123Subdomain(group))),
    ...complaintsAbout('spec.version', version, dns1035Label(version)),
    ...within('spec.groupPriorityMinimum', spec.groupPriorityMinimum, MAX_GROUP_PRIORITY),
    ...within('spec.versionPriority', spec.versionPriority, MAX_VERSION_PRIORITY),
    ...(service
      ? [
          ...(service.namespace ? [] : [required('spec.service.namespace')]),
          ...(service.name ? [] : [required('spec.service.name')]),
          ...complaintsAbout('spec.service.port', service.port, portNumber(service.port ?? 0)),
        ]
      : []),
    ...(spec.caBundle && (!service || spec.insecureSkipTLSVerify)
      ? [invalidValue('spec.caBundle', `${spec.caBundle.length} bytes`, 'local APIServices may not have a caBundle')]
      : []),
    ...(spec.insecureSkipTLSVerify && !service
      ? [invalidValue('spec.insecureSkipTLSVerify', true, 'local APIServices may not have insecureSkipTLSVerify')]
      : []),
  ];
}

function availability({ status }: APIService): string {
  const condition = status?.conditions?.find(({ type }) => type === 'Available');
  if (!condition) return 'Unknown';
  return condition.status === 'True' || !condition.reason
    ? condition.status
    : `${condition.status} (${condition.reason})`;
}

/** Who answers for a group version: this server, or one that it would ask (which it does not). */
export const apiServiceKind: KindDefinition<APIService> = {
  type: API_SERVICES,
  singular: 'apiservice',
  shortNames: [],
  categories: ['api-extensions'],
  schema: 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService',
  durability: 'durable',
  hasStatus: true,
  subresources: [],
  nameRule: 'path-segment',
  allowUnconditionalUpdate: false,
  allowCreateOnUpdate: false,
  setDefaults({ spec }) {
    if (spec?.service) spec.service.port ??= 443;
  },
  prepareForCreate(service) {
    delete service.status;
    startGeneration(service);
  },
  prepareForUpdate: bumpGeneration,
  validate: validateApiService,
  selectableFields: {},
  columns: [
    nameColumn(),
    column('Service', 'string', 'The reference to the service that hosts this API endpoint.', ({ spec }) =>
      spec?.service ? `${spec.service.namespace ?? ''}/${spec.service.name ?? ''}` : 'Local',
    ),
    column('Available', 'string', 'Whether this service is available.', availability),
    ageColumn(),
  ],
};
