import type { ReplicaSet } from '../api/kinds.ts';
import { imagesOf, ownerOf, REVISION_ANNOTATION, rowBase } from './row-base.ts';
import type { ReplicaSetRow, StateView } from './rows.ts';

/** A ReplicaSet as a list shows it. */
export function replicaSetRow(replicaSet: ReplicaSet): ReplicaSetRow {
  const { spec, status, metadata } = replicaSet;
  return {
    resource: 'replicasets',
    ...rowBase(replicaSet),
    state: replicaSetState(replicaSet),
    desired: spec?.replicas ?? 1,
    current: status?.replicas ?? 0,
    ready: status?.readyReplicas ?? 0,
    owner: ownerOf(replicaSet),
    revision: metadata?.annotations?.[REVISION_ANNOTATION] ?? '',
    images: imagesOf(spec?.template),
  };
}

function replicaSetState({ metadata, spec, status }: ReplicaSet): StateView {
  const desired = spec?.replicas ?? 1;
  const { replicas = 0, readyReplicas = 0 } = status ?? {};
  if (metadata?.deletionTimestamp) return { kind: 'working', word: 'Terminating', sentence: 'Being deleted.' };
  const failure = status?.conditions?.find(({ type }) => type === 'ReplicaFailure');
  if (failure?.status === 'True')
    return { kind: 'failing', word: 'ReplicaFailure', sentence: `Pods cannot be created: ${failure.message ?? ''}` };
  if (desired === 0 && replicas === 0)
    return { kind: 'healthy', word: 'Scaled to 0', sentence: 'Kept to roll back to.' };
  if (replicas === desired && readyReplicas >= desired) return { kind: 'healthy', word: 'Ready' };
  return {
    kind: 'working',
    word: `Ready ${readyReplicas}/${desired}`,
    sentence: `${readyReplicas} of ${desired} Pods are ready.`,
    progress: desired === 0 ? 0 : Math.min(1, readyReplicas / desired),
  };
}
