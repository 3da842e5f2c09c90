import { DEPLOYMENTS, type Deployment } from '../../../shared/api/kinds.ts';
import { formatSelector } from '../../../shared/api/selector.ts';
import { ageColumn, column, fieldDoc, nameColumn, templateColumns } from '../columns/columns.ts';
import { setPodSpecDefaults } from '../defaults/pod-spec-defaults.ts';
import type { KindDefinition } from '../definition.ts';
import { bumpGeneration, startGeneration } from '../strategy.ts';
import { validateDeployment } from '../validation/deployment.ts';
import { immutable } from '../validation/fields.ts';
import { availableWithinReady, validateCollisionCount, validateCounts } from '../validation/workload-parts.ts';

const SPEC = 'io.k8s.api.apps.v1.DeploymentSpec';
const STATUS = 'io.k8s.api.apps.v1.DeploymentStatus';

function setDeploymentDefaults({ spec }: Deployment): void {
  if (!spec) return;
  spec.replicas ??= 1;
  spec.strategy ??= {};
  spec.strategy.type ||= 'RollingUpdate';
  if (spec.strategy.type === 'RollingUpdate') {
    spec.strategy.rollingUpdate ??= {};
    spec.strategy.rollingUpdate.maxSurge ??= '25%';
    spec.strategy.rollingUpdate.maxUnavailable ??= '25%';
  }
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
  if (spec.template?.spec) setPodSpecDefaults(spec.template.spec);
}

const COUNTS = [
  'observedGeneration',
  'replicas',
  'updatedReplicas',
  'readyReplicas',
  'availableReplicas',
  'unavailableReplicas',
  'collisionCount',
] as const;

export const deploymentKind: KindDefinition<Deployment> = {
  type: DEPLOYMENTS,
  singular: 'deployment',
  shortNames: ['deploy'],
  categories: ['all'],
  schema: 'io.k8s.api.apps.v1.Deployment',
  durability: 'durable',
  hasStatus: true,
  scale: {
    specReplicas: (deployment) => deployment.spec?.replicas ?? 1,
    statusReplicas: (deployment) => deployment.status?.replicas ?? 0,
    selector: (deployment) => formatSelector(deployment.spec?.selector ?? {}),
    withReplicas: (deployment, replicas) => ({
      ...deployment,
      spec: {
        ...deployment.spec,
        selector: deployment.spec?.selector ?? {},
        template: deployment.spec?.template ?? {},
        replicas,
      },
    }),
  },
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults: setDeploymentDefaults,
  prepareForCreate(deployment) {
    deployment.status = {};
    startGeneration(deployment);
  },
  prepareForUpdate: bumpGeneration,
  validate: validateDeployment,
  validateUpdate: (deployment, old) => immutable('spec.selector', deployment.spec?.selector, old.spec?.selector),
  validateStatusUpdate: ({ status }, old) => [
    ...validateCounts(status, COUNTS, {
      total: 'replicas',
      parts: ['updatedReplicas', 'readyReplicas', 'availableReplicas'],
    }),
    ...availableWithinReady(status),
    ...validateCollisionCount(status, old.status),
  ],
  selectableFields: {},
  columns: [
    nameColumn(),
    column(
      'Ready',
      'string',
      'Number of the pod with ready state',
      ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    ),
    column('Up-to-date', 'string', fieldDoc(STATUS, 'updatedReplicas'), ({ status }) => status?.updatedReplicas ?? 0),
    column(
      'Available',
      'string',
      fieldDoc(STATUS, 'availableReplicas'),
      ({ status }) => status?.availableReplicas ?? 0,
    ),
    ageColumn(),
    ...templateColumns(SPEC),
  ],
};
