import type { Deployment } from '../../../shared/api/kinds.ts';
import { timestamp } from '../runtime/timestamp.ts';

export type DeploymentStatus = NonNullable<Deployment['status']>;
export type DeploymentCondition = NonNullable<DeploymentStatus['conditions']>[number];

export function condition(
  type: string,
  status: 'True' | 'False' | 'Unknown',
  reason: string,
  message: string,
  now: number,
): DeploymentCondition {
  return { type, status, reason, message, lastUpdateTime: timestamp(now), lastTransitionTime: timestamp(now) };
}

export const findCondition = (
  conditions: readonly DeploymentCondition[],
  type: string,
): DeploymentCondition | undefined => conditions.find((candidate) => candidate.type === type);

export const withoutCondition = (conditions: readonly DeploymentCondition[], type: string): DeploymentCondition[] =>
  conditions.filter((candidate) => candidate.type !== type);

/**
 * Adds or replaces a condition. One with the same status and reason is left as it was, times and message too; one
 * with the same status keeps its lastTransitionTime (SetDeploymentCondition).
 */
export function withCondition(
  conditions: readonly DeploymentCondition[],
  next: DeploymentCondition,
): DeploymentCondition[] {
  const current = findCondition(conditions, next.type);
  if (current && current.status === next.status && current.reason === next.reason) return [...conditions];
  const since = current?.status === next.status ? current.lastTransitionTime : undefined;
  return [...withoutCondition(conditions, next.type), { ...next, ...(since ? { lastTransitionTime: since } : {}) }];
}
