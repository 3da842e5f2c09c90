import type { Namespace } from '../../../shared/api/kinds.ts';
import { timestamp } from '../runtime/timestamp.ts';

export type NamespaceCondition = NonNullable<NonNullable<Namespace['status']>['conditions']>[number];

/** What one pass over a namespace's content left. */
export interface DeletionResult {
  /** Group versions that could not be discovered. */
  discoveryFailures: { groupVersion: string; message: string }[];
  /** Kinds whose deletion failed. */
  deletionFailures: string[];
  /** Objects still there by kind (`pods.`, `deployments.apps`). */
  remaining: Map<string, number>;
  /** Objects still there by finalizer. */
  finalizers: Map<string, number>;
}

export function isGone(result: DeletionResult): boolean {
  const { discoveryFailures, deletionFailures, remaining } = result;
  return discoveryFailures.length === 0 && deletionFailures.length === 0 && remaining.size === 0;
}

type Outcome = Pick<NamespaceCondition, 'type' | 'reason' | 'message' | 'status'>;

/** The conditions of a namespace that is being deleted, with upstream's reasons and sentences (status_condition_utils.go). */
export function planConditions(
  current: readonly NamespaceCondition[],
  result: DeletionResult,
  now: number,
): NamespaceCondition[] {
  return outcomes(result).map((outcome) => {
    const known = current.find((condition) => condition.type === outcome.type);
    const since = known?.status === outcome.status ? known.lastTransitionTime : undefined;
    return { ...outcome, lastTransitionTime: since ?? timestamp(now) };
  });
}

function outcomes(result: DeletionResult): Outcome[] {
  const { discoveryFailures, deletionFailures, remaining, finalizers } = result;
  const failing = discoveryFailures.map(({ groupVersion, message }) => `${groupVersion}: ${message}`);
  return [
    outcome(
      'NamespaceDeletionDiscoveryFailure',
      failing.length > 0 && {
        reason: 'DiscoveryFailed',
        message: `Discovery failed for some groups, ${String(failing.length)} failing: ${failing.join(', ')}`,
      },
      { reason: 'ResourcesDiscovered', message: 'All resources successfully discovered' },
    ),
    outcome('NamespaceDeletionGroupVersionParsingFailure', false, {
      reason: 'ParsedGroupVersions',
      message: 'All legacy kube types successfully parsed',
    }),
    outcome(
      'NamespaceDeletionContentFailure',
      deletionFailures.length > 0 && {
        reason: 'ContentDeletionFailed',
        message: `Failed to delete all resource types, ${String(deletionFailures.length)} remaining: ${deletionFailures.join(', ')}`,
      },
      { reason: 'ContentDeleted', message: 'All content successfully deleted, may be waiting on finalization' },
    ),
    outcome(
      'NamespaceContentRemaining',
      remaining.size > 0 && {
        reason: 'SomeResourcesRemain',
        message: `Some resources are remaining: ${list(remaining, (kind, count) => `${kind} has ${String(count)} resource instances`)}`,
      },
      { reason: 'ContentRemoved', message: 'All content successfully removed' },
    ),
    outcome(
      'NamespaceFinalizersRemaining',
      finalizers.size > 0 && {
        reason: 'SomeFinalizersRemain',
        message: `Some content in the namespace has finalizers remaining: ${list(finalizers, (name, count) => `${name} in ${String(count)} resource instances`)}`,
      },
      { reason: 'ContentHasNoFinalizers', message: 'All content-preserving finalizers finished' },
    ),
  ];
}

interface Words {
  reason: string;
  message: string;
}

const outcome = (type: string, bad: Words | false, good: Words): Outcome =>
  bad ? { type, status: 'True', ...bad } : { type, status: 'False', ...good };

const list = (counts: Map<string, number>, say: (name: string, count: number) => string): string =>
  [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => say(name, count))
    .join(', ');
