import { INGRESSES, type Ingress } from '../../../shared/api/kinds.ts';
import { ageColumn, column, fieldDoc, nameColumn } from '../columns/columns.ts';
import type { KindDefinition } from '../definition.ts';
import { bumpGeneration, startGeneration } from '../strategy.ts';
import { validateIngress, validateIngressStatus } from '../validation/ingress.ts';

const SPEC = 'io.k8s.api.networking.v1.IngressSpec';

function hosts({ spec }: Ingress): string {
  const named = (spec?.rules ?? []).map(({ host }) => host ?? '').filter(Boolean);
  const text = named.slice(0, 3).join(',');
  if (named.length === 0) return '*';
  return named.length > 3 ? `${text} + ${named.length - 3} more...` : text;
}

export const ingressKind: KindDefinition<Ingress> = {
  type: INGRESSES,
  singular: 'ingress',
  shortNames: ['ing'],
  categories: [],
  schema: 'io.k8s.api.networking.v1.Ingress',
  durability: 'durable',
  hasStatus: true,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults() {
    // networking.k8s.io/v1 Ingresses have no defaults.
  },
  prepareForCreate(ingress) {
    ingress.status = { loadBalancer: {} };
    startGeneration(ingress);
  },
  prepareForUpdate: bumpGeneration,
  validate: validateIngress,
  validateStatusUpdate: validateIngressStatus,
  selectableFields: {},
  columns: [
    nameColumn(),
    column('Class', 'string', fieldDoc(SPEC, 'ingressClassName'), ({ spec }) => spec?.ingressClassName ?? '<none>'),
    column('Hosts', 'string', 'Hosts that incoming requests are matched against before the ingress rule', hosts),
    column('Address', 'string', 'Address is a list containing ingress points for the load-balancer', ({ status }) =>
      (status?.loadBalancer?.ingress ?? [])
        .map(({ ip, hostname }) => ip || hostname || '')
        .filter(Boolean)
        .join(','),
    ),
    column('Ports', 'string', 'Ports of TLS configurations that open', ({ spec }) =>
      spec?.tls?.length ? '80, 443' : '80',
    ),
    ageColumn(),
  ],
};
