import type { CertificateSigningRequest } from '../../../shared/api/kinds.ts';

export type Condition = NonNullable<NonNullable<CertificateSigningRequest['status']>['conditions']>[number];

/** The condition of this type, when it is true. */
export const conditionOf = (
  { status }: CertificateSigningRequest,
  type: 'Approved' | 'Denied' | 'Failed',
): Condition | undefined =>
  status?.conditions?.find((condition) => condition.type === type && condition.status === 'True');

/** The request with one more condition. */
export function withCondition(
  request: CertificateSigningRequest,
  condition: Pick<Condition, 'type' | 'reason' | 'message'>,
): CertificateSigningRequest {
  const conditions = [...(request.status?.conditions ?? []), { ...condition, status: 'True' } as Condition];
  return { ...request, status: { ...request.status, conditions } };
}
