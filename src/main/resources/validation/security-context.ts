import type { Container } from '../../../shared/api/kinds.ts';
import type { PodSpec } from '../defaults/pod-spec-defaults.ts';
import type { FieldError } from './field-error.ts';
import { invalidValue, oneOf, required } from './fields.ts';

type SecurityContext = NonNullable<Container['securityContext']>;
type PodSecurityContext = NonNullable<PodSpec['securityContext']>;

const LARGEST_ID = 2 ** 31 - 1;
const idRange = (field: string, id: number | undefined): FieldError[] =>
  id === undefined || (id >= 0 && id <= LARGEST_ID)
    ? []
    : [invalidValue(field, id, `must be between 0 and ${LARGEST_ID}, inclusive`)];

export function validateSecurityContext(context: SecurityContext | undefined, field: string): FieldError[] {
  if (!context) return [];
  const errors = [
    ...idRange(`${field}.runAsUser`, context.runAsUser),
    ...idRange(`${field}.runAsGroup`, context.runAsGroup),
    ...oneOf(`${field}.procMount`, context.procMount, ['Default', 'Unmasked']),
    ...validateSeccomp(context.seccompProfile, `${field}.seccompProfile`),
  ];
  if (context.allowPrivilegeEscalation === false && context.privileged) {
    errors.push(
      invalidValue(field, context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'),
    );
  }
  if (context.allowPrivilegeEscalation === false && context.capabilities?.add?.includes('CAP_SYS_ADMIN')) {
    errors.push(
      invalidValue(
        field,
        context,
        'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN',
      ),
    );
  }
  return errors;
}

export function validatePodSecurityContext(context: PodSecurityContext | undefined, field: string): FieldError[] {
  if (!context) return [];
  return [
    ...idRange(`${field}.fsGroup`, context.fsGroup),
    ...idRange(`${field}.runAsUser`, context.runAsUser),
    ...idRange(`${field}.runAsGroup`, context.runAsGroup),
    ...(context.supplementalGroups ?? []).flatMap((id, index) => idRange(`${field}.supplementalGroups[${index}]`, id)),
    ...oneOf(`${field}.fsGroupChangePolicy`, context.fsGroupChangePolicy, ['Always', 'OnRootMismatch']),
    ...validateSeccomp(context.seccompProfile, `${field}.seccompProfile`),
  ];
}

function validateSeccomp(profile: SecurityContext['seccompProfile'], field: string): FieldError[] {
  if (!profile) return [];
  if (!profile.type) return [required(`${field}.type`)];
  if (profile.type === 'Localhost' && !profile.localhostProfile) {
    return [required(`${field}.localhostProfile`, 'must be set when seccomp type is Localhost')];
  }
  if (profile.type !== 'Localhost' && profile.localhostProfile) {
    return [
      invalidValue(
        `${field}.localhostProfile`,
        profile.localhostProfile,
        'can only be set when seccomp type is Localhost',
      ),
    ];
  }
  return oneOf(`${field}.type`, profile.type, ['Localhost', 'RuntimeDefault', 'Unconfined']);
}
