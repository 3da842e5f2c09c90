import {
  HORIZONTAL_POD_AUTOSCALERS,
  HORIZONTAL_POD_AUTOSCALERS_V1,
  type HorizontalPodAutoscaler,
  type HorizontalPodAutoscalerV1,
} from '../../../shared/api/kinds.ts';
import { convertedColumns } from '../columns/converted-columns.ts';
import { autoscalerFromV1, autoscalerToV1 } from '../conversion/autoscaler.ts';
import type { KindDefinition } from '../definition.ts';
import { validateAutoscaler } from '../validation/autoscaler.ts';
import { horizontalPodAutoscalerKind } from './horizontal-pod-autoscaler.ts';

const { plural, group } = HORIZONTAL_POD_AUTOSCALERS;

/** The older version, for clients that know no other: one CPU target; the rest is in annotations. */
export const horizontalPodAutoscalerV1Kind: KindDefinition<HorizontalPodAutoscalerV1> = {
  type: HORIZONTAL_POD_AUTOSCALERS_V1,
  singular: 'horizontalpodautoscaler',
  shortNames: ['hpa'],
  categories: ['all'],
  schema: 'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler',
  durability: 'durable',
  storedAs: {
    group,
    plural,
    toStored: autoscalerFromV1,
    fromStored: (stored) => autoscalerToV1(stored as HorizontalPodAutoscaler),
  },
  hasStatus: true,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults({ spec }) {
    if (spec) spec.minReplicas ??= 1;
  },
  prepareForCreate(autoscaler) {
    autoscaler.status = { currentReplicas: 0, desiredReplicas: 0 };
  },
  validate: (autoscaler) => validateAutoscaler(autoscalerFromV1(autoscaler)),
  validateStatusUpdate: (autoscaler, old) =>
    horizontalPodAutoscalerKind.validateStatusUpdate?.(autoscalerFromV1(autoscaler), autoscalerFromV1(old)) ?? [],
  selectableFields: {},
  columns: convertedColumns(horizontalPodAutoscalerKind.columns, autoscalerFromV1),
};
