import type { Deployment } from '../api/kinds.ts';
import { imagesOf, REVISION_ANNOTATION, rowBase } from './row-base.ts';
import type { DeploymentRow, StateView } from './rows.ts';

/** A Deployment as a list shows it. */
export function deploymentRow(deployment: Deployment): DeploymentRow {
  const { spec, status } = deployment;
  return {
    resource: 'deployments',
    ...rowBase(deployment),
    state: deploymentState(deployment),
    desired: spec?.replicas ?? 1,
    ready: status?.readyReplicas ?? 0,
    updated: status?.updatedReplicas ?? 0,
    available: status?.availableReplicas ?? 0,
    images: imagesOf(spec?.template),
    revision: deployment.metadata?.annotations?.[REVISION_ANNOTATION] ?? '',
  };
}

/** The rules of `kubectl rollout status` (polymorphichelpers), in the app's grammar; words are conditions and their reasons. */
export function deploymentState(deployment: Deployment): StateView {
  const { spec, status, metadata } = deployment;
  const desired = spec?.replicas ?? 1;
  const { replicas = 0, updatedReplicas: updated = 0, availableReplicas: available = 0 } = status ?? {};
  const condition = (type: string) => status?.conditions?.find((each) => each.type === type);
  if (metadata?.deletionTimestamp) return { kind: 'working', word: 'Terminating', sentence: 'Being deleted.' };
  const progressing = condition('Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded')
    return {
      kind: 'failing',
      word: 'ProgressDeadlineExceeded',
      sentence: `The rollout has stood still too long: ${updated} of ${desired} Pods are new, ${available} are available.`,
    };
  const failure = condition('ReplicaFailure');
  if (failure?.status === 'True')
    return { kind: 'failing', word: 'ReplicaFailure', sentence: `Pods cannot be created: ${failure.message ?? ''}` };
  if (spec?.paused) return { kind: 'waiting', word: 'Paused', sentence: 'Changes wait until the rollout is resumed.' };
  const seen = (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
  const settled = progressing?.reason === 'NewReplicaSetAvailable' && updated >= desired && replicas <= updated;
  if (desired === 0 && seen && replicas === 0)
    return { kind: 'healthy', word: 'Scaled to 0', sentence: 'It runs no Pods, as asked.' };
  if (seen && updated >= desired && replicas <= updated && available >= updated)
    return { kind: 'healthy', word: 'Available' };
  if (seen && settled) return degraded(available, desired, condition('Available')?.status);
  return {
    kind: 'working',
    word: `Rolling out ${Math.min(updated, available)}/${desired}`,
    sentence: rolloutWords(seen, { desired, updated, available, replicas }),
    progress: desired === 0 ? 1 : Math.min(updated, available) / desired,
  };
}

/** The rollout had ended well; Pods have been lost since. */
function degraded(available: number, desired: number, status: string | undefined): StateView {
  const sentence = `${available} of ${desired} Pods are available.`;
  return status === 'False'
    ? { kind: 'failing', word: 'MinimumReplicasUnavailable', sentence }
    : { kind: 'warning', word: 'Degraded', sentence };
}

function rolloutWords(
  seen: boolean,
  { desired, updated, available, replicas }: { desired: number; updated: number; available: number; replicas: number },
): string {
  if (!seen) return 'The change has not been taken up yet.';
  if (updated < desired) return `${updated} of ${desired} Pods are new.`;
  if (replicas > updated) return `${replicas - updated} old Pods are still to go.`;
  return `${available} of ${updated} new Pods are available.`;
}
