import type { StatefulSet } from '../../../shared/api/kinds.ts';
import { equalJson } from '../decode/json-value.ts';
import { validateClaimSpec } from './claim-spec.ts';
import type { FieldError } from './field-error.ts';
import { complaintsAbout, forbiddenField, invalidValue, nonNegative, required, requiredOneOf } from './fields.ts';
import { dns1123Label } from './names.ts';
import { validateSelectorAndTemplate } from './pod-template.ts';
import { atMost100Percent, isZeroAmount, validateIntOrPercent } from './workload-parts.ts';

type StatefulSetSpec = NonNullable<StatefulSet['spec']>;

/** A StatefulSet (apps/validation ValidateStatefulSetSpec). */
export function validateStatefulSet({ spec }: StatefulSet): FieldError[] {
  const policy = spec?.podManagementPolicy;
  const retention = spec?.persistentVolumeClaimRetentionPolicy;
  const retentionField = 'spec.persistentVolumeClaimRetentionPolicy';
  return [
    ...(policy ? [] : [required('spec.podManagementPolicy')]),
    ...(policy && !['OrderedReady', 'Parallel'].includes(policy)
      ? [invalidValue('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'")]
      : []),
    ...validateUpdateStrategy(spec?.updateStrategy),
    ...(spec
      ? [
          ...requiredOneOf(`${retentionField}.whenDeleted`, retention?.whenDeleted, ['Retain', 'Delete']),
          ...requiredOneOf(`${retentionField}.whenScaled`, retention?.whenScaled, ['Retain', 'Delete']),
        ]
      : []),
    ...nonNegative('spec.replicas', spec?.replicas),
    ...nonNegative('spec.minReadySeconds', spec?.minReadySeconds),
    ...nonNegative('spec.ordinals.start', spec?.ordinals?.start),
    ...(spec?.serviceName ? complaintsAbout('spec.serviceName', spec.serviceName, dns1123Label(spec.serviceName)) : []),
    ...validateSelectorAndTemplate(withClaimsAsVolumes(spec), 'StatefulSet'),
    ...validateClaims(spec?.volumeClaimTemplates ?? []),
  ];
}

/** Containers mount claims by the names of their templates, as if they were volumes. */
function withClaimsAsVolumes(spec: StatefulSetSpec | undefined): StatefulSetSpec | undefined {
  const pods = spec?.template?.spec;
  if (!spec || !pods || !spec.volumeClaimTemplates?.length) return spec;
  const claims = spec.volumeClaimTemplates.flatMap(({ metadata }) =>
    metadata?.name && !pods.volumes?.some(({ name }) => name === metadata.name)
      ? [{ name: metadata.name, persistentVolumeClaim: { claimName: metadata.name } }]
      : [],
  );
  return {
    ...spec,
    template: { ...spec.template, spec: { ...pods, volumes: [...(pods.volumes ?? []), ...claims] } },
  };
}

const validateClaims = (claims: NonNullable<StatefulSetSpec['volumeClaimTemplates']>): FieldError[] =>
  claims.flatMap(({ spec }, index) => validateClaimSpec(spec, `spec.volumeClaimTemplates[${index}].spec`));

function validateUpdateStrategy(strategy: StatefulSetSpec['updateStrategy']): FieldError[] {
  const field = 'spec.updateStrategy';
  const rolling = strategy?.rollingUpdate;
  const most = `${field}.rollingUpdate.maxUnavailable`;
  switch (strategy?.type) {
    case undefined:
    case '':
      return [required(field)];
    case 'OnDelete':
      return rolling
        ? [invalidValue(`${field}.rollingUpdate`, rolling, "only allowed for updateStrategy 'RollingUpdate'")]
        : [];
    case 'RollingUpdate':
      return [
        ...nonNegative(`${field}.rollingUpdate.partition`, rolling?.partition),
        ...validateIntOrPercent(rolling?.maxUnavailable, most),
        ...(isZeroAmount(rolling?.maxUnavailable) ? [invalidValue(most, rolling?.maxUnavailable, 'cannot be 0')] : []),
        ...atMost100Percent(rolling?.maxUnavailable, most),
      ];
    default:
      return [invalidValue(field, strategy, "must be 'RollingUpdate' or 'OnDelete'")];
  }
}

/** What may change while the set is there. */
const CHANGEABLE = [
  ...(['replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit'] as const),
  ...(['persistentVolumeClaimRetentionPolicy', 'minReadySeconds'] as const),
];

/** Selector, service name, claim templates and the order of pods are for life. */
export function validateStatefulSetUpdate(set: StatefulSet, old: StatefulSet): FieldError[] {
  const fixed = (spec: StatefulSetSpec | undefined): Record<string, unknown> =>
    Object.fromEntries(Object.entries(spec ?? {}).filter(([name]) => !CHANGEABLE.some((field) => field === name)));
  if (equalJson(fixed(set.spec), fixed(old.spec))) return [];
  return [
    forbiddenField(
      'spec',
      "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ),
  ];
}
