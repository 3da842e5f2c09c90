import { SERVICES, type Service } from '../../../shared/api/kinds.ts';
import { ageColumn, column, fieldDoc, nameColumn, printLabels, wideColumn } from '../columns/columns.ts';
import { keepAllocated, setServiceDefaults } from '../defaults/service-defaults.ts';
import { dropOfOtherTypes } from '../defaults/service-type-change.ts';
import type { KindDefinition } from '../definition.ts';
import { validateService } from '../validation/service.ts';
import { validateServiceStatus, validateServiceUpdate } from '../validation/service-cluster-ips.ts';

const SPEC = 'io.k8s.api.core.v1.ServiceSpec';

function externalIp({ spec, status }: Service): string {
  const ips = spec?.externalIPs ?? [];
  switch (spec?.type) {
    case 'ClusterIP':
    case 'NodePort':
      return ips.length === 0 ? '<none>' : ips.join(',');
    case 'LoadBalancer': {
      const balanced = (status?.loadBalancer?.ingress ?? [])
        .map(({ ip, hostname }) => ip || hostname || '')
        .filter(Boolean);
      const all = [...balanced, ...ips];
      return all.length === 0 ? '<pending>' : all.join(',');
    }
    case 'ExternalName':
      return spec.externalName ?? '';
    default:
      return '<unknown>';
  }
}

function printPorts({ spec }: Service): string {
  const ports = (spec?.ports ?? []).map(({ port, nodePort, protocol }) =>
    nodePort ? `${port}:${nodePort}/${protocol ?? ''}` : `${port}/${protocol ?? ''}`,
  );
  return ports.length === 0 ? '<none>' : ports.join(',');
}

export const serviceKind: KindDefinition<Service> = {
  type: SERVICES,
  singular: 'service',
  shortNames: ['svc'],
  categories: ['all'],
  schema: 'io.k8s.api.core.v1.Service',
  durability: 'durable',
  hasStatus: true,
  subresources: [
    {
      name: 'proxy',
      kind: { group: '', version: 'v1', kind: 'ServiceProxyOptions' },
      verbs: ['create', 'delete', 'get', 'patch', 'update'],
    },
  ],
  nameRule: 'dns1035label',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults: setServiceDefaults,
  prepareForCreate(service) {
    service.status = { loadBalancer: {} };
  },
  prepareForUpdate(service, old) {
    keepAllocated(service, old);
    dropOfOtherTypes(service, old);
  },
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  validateStatusUpdate: validateServiceStatus,
  selectableFields: {
    'spec.clusterIP': (service) => service.spec?.clusterIP ?? '',
    'spec.type': (service) => service.spec?.type ?? '',
  },
  columns: [
    nameColumn(),
    column('Type', 'string', fieldDoc(SPEC, 'type'), ({ spec }) => spec?.type ?? ''),
    column(
      'Cluster-IP',
      'string',
      fieldDoc(SPEC, 'clusterIP'),
      ({ spec }) => spec?.clusterIPs?.[0] || spec?.clusterIP || '<none>',
    ),
    column('External-IP', 'string', fieldDoc(SPEC, 'externalIPs'), externalIp),
    column('Port(s)', 'string', fieldDoc(SPEC, 'ports'), printPorts),
    ageColumn(),
    wideColumn('Selector', 'string', fieldDoc(SPEC, 'selector'), ({ spec }) => printLabels(spec?.selector)),
  ],
};
