import type {
  CustomResourceCondition,
  CustomResourceDefinition,
  CustomResourceDefinitionStatus,
} from '../../../shared/api/custom-resource-definition.ts';
import { approvalOf } from '../../resources/custom/api-approval.ts';
import { timestamp } from '../registry/context.ts';
import { decideNames } from './accepted-names.ts';

type Told = Omit<CustomResourceCondition, 'lastTransitionTime'>;

/** A condition in its place; its time moves only when its status does. */
export function withCondition(
  conditions: readonly CustomResourceCondition[],
  told: Told,
  nowMs: number,
): CustomResourceCondition[] {
  const before = conditions.find(({ type }) => type === told.type);
  const condition: CustomResourceCondition = {
    lastTransitionTime: (before?.status === told.status && before.lastTransitionTime) || timestamp(nowMs),
    ...told,
  };
  return before ? conditions.map((other) => (other === before ? condition : other)) : [...conditions, condition];
}

export const isEstablished = (status: CustomResourceDefinitionStatus | undefined): boolean =>
  (status?.conditions ?? []).some(({ type, status: value }) => type === 'Established' && value === 'True');

/** What the status of a definition should say, given all of them. A definition that was once established stays so. */
export function definitionStatus(
  crd: CustomResourceDefinition,
  all: readonly CustomResourceDefinition[],
  nowMs: number,
): CustomResourceDefinitionStatus {
  const { accepted, conflict } = decideNames(crd, all);
  let conditions = withCondition(
    crd.status?.conditions ?? [],
    conflict
      ? { type: 'NamesAccepted', status: 'False', ...conflict }
      : { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' },
    nowMs,
  );
  if (!isEstablished(crd.status))
    conditions = withCondition(
      conditions,
      conflict
        ? { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' }
        : {
            type: 'Established',
            status: 'True',
            reason: 'InitialNamesAccepted',
            message: 'the initial names have been accepted',
          },
      nowMs,
    );
  const approval = approvalOf(crd);
  if (approval)
    conditions = withCondition(conditions, { type: 'KubernetesAPIApprovalPolicyConformant', ...approval }, nowMs);
  return { ...crd.status, acceptedNames: accepted, conditions };
}
