import { isDeepStrictEqual } from 'node:util';
import { isApiError, isNotFound, messageOf } from '../../../shared/api/errors.ts';
import { PODS, REPLICA_SETS, type Pod, type ReplicaSet } from '../../../shared/api/kinds.ts';
import { controllerOf, keyOf, nameOf } from '../../../shared/api/meta.ts';
import { matchesLabelSelector } from '../../../shared/api/selector.ts';
import type { Change } from '../../../shared/client/informer.ts';
import { claim } from '../runtime/claim.ts';
import { Controller, type Requeue } from '../runtime/controller.ts';
import type { ControllerDeps, RunningController } from '../runtime/dependencies.ts';
import { Expectations, EXPECTATIONS_TIMEOUT_MS } from '../runtime/expectations.ts';
import { inParallel, slowStart } from '../runtime/in-batches.ts';
import { CONTROLLER_INDEX, controlledBy, controllerIndexer, orphansOf } from '../runtime/ownership.ts';
import { isPodActive } from '../runtime/pod-state.ts';
import { Pace } from './pace.ts';
import { planReplicas, planStatus, podFromTemplate, type ReplicaFailure } from './plan.ts';

const EVENT_TARGET = { apiVersion: 'apps/v1', kind: 'ReplicaSet' } as const;
/** Deletes sent at once; upstream sends all of a burst. */
const PARALLEL_DELETES = 50;

/** Keeps as many pods as each ReplicaSet asks for. */
export function replicaSetController(deps: ControllerDeps): RunningController {
  const { client, events, clock } = deps;
  const pods = deps.informers.of(PODS);
  const replicaSets = deps.informers.of(REPLICA_SETS);
  const expectations = new Expectations(clock);
  const pace = new Pace();
  pods.addIndex(CONTROLLER_INDEX, controllerIndexer);
  replicaSets.addIndex(CONTROLLER_INDEX, controllerIndexer);

  const controller = new Controller(deps, { name: 'replicaset', concurrency: 8, reconcile })
    .watch(replicaSets, (change) => [keyOf(change.object)])
    .watch(pods, keysOfPod);

  /** Keeps the expectations in step with what the cache shows, and names the ReplicaSets to look at. */
  function keysOfPod(change: Change<Pod>): string[] {
    const owner = replicaSetKeyOf(change.object);
    if (owner && change.type === 'added' && !change.object.metadata?.deletionTimestamp)
      expectations.creationObserved(owner);
    const gone = change.type === 'deleted' || change.object.metadata?.deletionTimestamp !== undefined;
    if (owner && gone) expectations.deletionObserved(owner, change.object.metadata?.uid ?? '');
    const before = change.type === 'updated' ? replicaSetKeyOf(change.old) : undefined;
    const adopters = owner || change.type === 'deleted' ? [] : adoptersOf(change.object);
    return [...new Set([owner, before, ...adopters])].filter((key) => key !== undefined);
  }

  function replicaSetKeyOf(pod: Pod): string | undefined {
    const owner = controllerOf(pod);
    if (owner?.kind !== 'ReplicaSet') return undefined;
    return `${pod.metadata?.namespace ?? ''}/${owner.name}`;
  }

  /** A pod without a controller may be wanted by any ReplicaSet of its namespace that selects it. */
  function adoptersOf(pod: Pod): string[] {
    if (controllerOf(pod)) return [];
    return replicaSets
      .list()
      .filter(
        (candidate) =>
          candidate.metadata?.namespace === pod.metadata?.namespace &&
          matchesLabelSelector(candidate.spec?.selector, pod.metadata?.labels),
      )
      .map(keyOf);
  }

  async function reconcile(key: string): Promise<Requeue | undefined> {
    const replicaSet = replicaSets.get(key);
    if (!replicaSet) {
      expectations.forget(key);
      pace.forget(key);
      return undefined;
    }
    const wait = pace.waitMs(key, clock.now());
    if (wait > 0) return { afterMs: wait };
    // Taken before the pods are read: an event that arrives in between makes us wait once more, never act on too little.
    const caughtUp = expectations.satisfied(key);
    const active = (await claimPods(replicaSet)).filter(isPodActive);
    pace.note(key, active.length, clock.now());
    const failure = caughtUp ? await manage(key, replicaSet, active) : undefined;
    const { status, recheckMs } = planStatus(
      replicaSet,
      active,
      caughtUp ? failure?.condition : known(replicaSet),
      clock.now(),
    );
    if (!isDeepStrictEqual(status, replicaSet.status)) await writeStatus(replicaSet, status);
    if (failure?.retry !== undefined) throw failure.retry;
    if (!caughtUp) return { afterMs: EXPECTATIONS_TIMEOUT_MS };
    return recheckMs === undefined ? undefined : { afterMs: recheckMs };
  }

  /** While waiting for the cache nothing is tried, so nothing is known to have been mended. */
  function known(replicaSet: ReplicaSet): ReplicaFailure | undefined {
    const condition = replicaSet.status?.conditions?.find(({ type }) => type === 'ReplicaFailure');
    if (!condition) return undefined;
    const reason = condition.reason === 'FailedDelete' ? 'FailedDelete' : 'FailedCreate';
    return { reason, message: condition.message ?? '' };
  }

  async function claimPods(replicaSet: ReplicaSet): Promise<Pod[]> {
    const orphans = pods.byIndex(CONTROLLER_INDEX, orphansOf(replicaSet.metadata?.namespace ?? ''));
    const own = pods.byIndex(CONTROLLER_INDEX, controlledBy(replicaSet.metadata?.uid ?? ''));
    const candidates = [...own, ...orphans].filter(isPodActive);
    return claim(client, { owner: REPLICA_SETS, child: PODS }, replicaSet, replicaSet.spec?.selector, candidates);
  }

  async function manage(
    key: string,
    replicaSet: ReplicaSet,
    active: Pod[],
  ): Promise<{ condition: ReplicaFailure; retry?: unknown } | undefined> {
    const plan = planReplicas(replicaSet, active, () => relatedPods(replicaSet), clock.now());
    if (plan.action === 'none') return undefined;
    if (plan.action === 'create') {
      expectations.expectCreations(key, plan.count);
      const { succeeded, errors } = await slowStart(plan.count, () => createPod(replicaSet));
      for (let missing = plan.count - succeeded; missing > 0; missing -= 1) expectations.creationObserved(key);
      return failed('FailedCreate', errors);
    }
    expectations.expectDeletions(
      key,
      plan.pods.map((pod) => pod.metadata?.uid ?? ''),
    );
    const errors = await inParallel(plan.pods, PARALLEL_DELETES, (pod) => deletePod(key, replicaSet, pod));
    return failed('FailedDelete', errors);
  }

  function failed(
    reason: ReplicaFailure['reason'],
    errors: unknown[],
  ): { condition: ReplicaFailure; retry?: unknown } | undefined {
    const [first] = errors;
    if (first === undefined) return undefined;
    // A namespace on its way out takes no pods and will take us with it: no use in trying again (as upstream).
    if (isNamespaceTerminating(first)) return undefined;
    return { condition: { reason, message: messageOf(first) }, retry: first };
  }

  async function createPod(replicaSet: ReplicaSet): Promise<void> {
    const about = { ...replicaSet, ...EVENT_TARGET };
    try {
      const pod = await client.create(PODS, podFromTemplate(replicaSet));
      events.event(about, 'Normal', 'SuccessfulCreate', `Created pod: ${nameOf(pod)}`);
    } catch (error) {
      if (!isNamespaceTerminating(error))
        events.event(about, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
      throw error;
    }
  }

  async function deletePod(key: string, replicaSet: ReplicaSet, pod: Pod): Promise<void> {
    const about = { ...replicaSet, ...EVENT_TARGET };
    const uid = pod.metadata?.uid ?? '';
    try {
      await client.delete(PODS, { name: nameOf(pod), namespace: pod.metadata?.namespace }, { uid });
      events.event(about, 'Normal', 'SuccessfulDelete', `Deleted pod: ${nameOf(pod)}`);
    } catch (error) {
      // No event will come for this one.
      expectations.deletionObserved(key, uid);
      if (isNotFound(error)) return;
      events.event(about, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`);
      throw error;
    }
  }

  /** Active pods of all ReplicaSets with the same controller: during a rollout a node may be crowded by the siblings. */
  function relatedPods(replicaSet: ReplicaSet): Pod[] {
    const owner = controllerOf(replicaSet);
    const siblings = owner ? replicaSets.byIndex(CONTROLLER_INDEX, controlledBy(owner.uid)) : [replicaSet];
    return siblings
      .flatMap((sibling) => pods.byIndex(CONTROLLER_INDEX, controlledBy(sibling.metadata?.uid ?? '')))
      .filter(isPodActive);
  }

  async function writeStatus(replicaSet: ReplicaSet, status: NonNullable<ReplicaSet['status']>): Promise<void> {
    try {
      await client.updateStatus(REPLICA_SETS, structuredClone({ ...replicaSet, status }));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  return controller;
}

/** The admission error of a create in a namespace that is being deleted. */
function isNamespaceTerminating(error: unknown): boolean {
  return (
    isApiError(error) && (error.status.details?.causes ?? []).some(({ reason }) => reason === 'NamespaceTerminating')
  );
}
