import { HORIZONTAL_POD_AUTOSCALERS, type HorizontalPodAutoscaler } from '../../../shared/api/kinds.ts';
import { printTargets } from '../columns/autoscaler-targets.ts';
import { ageColumn, column, fieldDoc, nameColumn } from '../columns/columns.ts';
import { setAutoscalerDefaults } from '../defaults/autoscaler-defaults.ts';
import type { KindDefinition } from '../definition.ts';
import { validateAutoscaler } from '../validation/autoscaler.ts';
import { nonNegative } from '../validation/fields.ts';

const SPEC = 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec';
const STATUS = 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus';

export const horizontalPodAutoscalerKind: KindDefinition<HorizontalPodAutoscaler> = {
  type: HORIZONTAL_POD_AUTOSCALERS,
  singular: 'horizontalpodautoscaler',
  shortNames: ['hpa'],
  categories: ['all'],
  schema: 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',
  durability: 'durable',
  hasStatus: true,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults: setAutoscalerDefaults,
  prepareForCreate(autoscaler) {
    autoscaler.status = { desiredReplicas: 0 };
  },
  validate: validateAutoscaler,
  validateStatusUpdate: ({ status }) => [
    ...nonNegative('status.currentReplicas', status?.currentReplicas),
    ...nonNegative('status.desiredReplicas', status?.desiredReplicas),
  ],
  selectableFields: {},
  columns: [
    nameColumn(),
    column('Reference', 'string', fieldDoc(SPEC, 'scaleTargetRef'), ({ spec }) => {
      const { kind = '', name = '' }: { kind?: string; name?: string } = spec?.scaleTargetRef ?? {};
      return `${kind}/${name}`;
    }),
    column('Targets', 'string', fieldDoc(SPEC, 'metrics'), ({ spec, status }) =>
      printTargets(spec?.metrics ?? [], status?.currentMetrics ?? []),
    ),
    column('MinPods', 'string', fieldDoc(SPEC, 'minReplicas'), ({ spec }) => String(spec?.minReplicas ?? '<unset>')),
    column('MaxPods', 'string', fieldDoc(SPEC, 'maxReplicas'), ({ spec }) => spec?.maxReplicas ?? 0),
    column('Replicas', 'string', fieldDoc(STATUS, 'currentReplicas'), ({ status }) => status?.currentReplicas ?? 0),
    ageColumn(),
  ],
};
