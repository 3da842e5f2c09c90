import type { HorizontalPodAutoscaler } from '../../../shared/api/kinds.ts';

type Spec = NonNullable<HorizontalPodAutoscaler['spec']>;
type ScalingRules = NonNullable<NonNullable<Spec['behavior']>['scaleUp']>;

const PERIOD_SECONDS = 15;
const DEFAULT_CPU_UTILIZATION = 80;

const scaleUpRules = (): ScalingRules => ({
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: PERIOD_SECONDS },
    { type: 'Percent', value: 100, periodSeconds: PERIOD_SECONDS },
  ],
});

/** Without a window: the controller's own setting says how long a scale-down waits. */
const scaleDownRules = (): ScalingRules => ({
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: PERIOD_SECONDS }],
});

/** The metrics of an autoscaler that names none: 80 % of the requested CPU. */
export const defaultMetrics = (): NonNullable<Spec['metrics']> => [
  {
    type: 'Resource',
    resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: DEFAULT_CPU_UTILIZATION } },
  },
];

/** autoscaling/v2 SetDefaults_HorizontalPodAutoscaler. */
export function setAutoscalerDefaults({ spec }: HorizontalPodAutoscaler): void {
  if (!spec) return;
  spec.minReplicas ??= 1;
  if ((spec.metrics ?? []).length === 0) spec.metrics = defaultMetrics();
  const { behavior } = spec;
  if (!behavior) return;
  behavior.scaleUp = { ...scaleUpRules(), ...behavior.scaleUp };
  behavior.scaleDown = { ...scaleDownRules(), ...behavior.scaleDown };
}
