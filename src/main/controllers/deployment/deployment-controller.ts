import { isDeepStrictEqual } from 'node:util';
import { conflict, isAlreadyExists, isNotFound, messageOf } from '../../../shared/api/errors.ts';
import {
  DEPLOYMENTS,
  PODS,
  REPLICA_SETS,
  type Deployment,
  type Pod,
  type ReplicaSet,
} from '../../../shared/api/kinds.ts';
import { controllerOf, keyOf, nameOf } from '../../../shared/api/meta.ts';
import { matchesLabelSelector } from '../../../shared/api/selector.ts';
import type { Change } from '../../../shared/client/informer.ts';
import { claim } from '../runtime/claim.ts';
import { Controller, type Requeue } from '../runtime/controller.ts';
import type { ControllerDeps, RunningController } from '../runtime/dependencies.ts';
import { CONTROLLER_INDEX, controlledBy, controllerIndexer, orphansOf } from '../runtime/ownership.ts';
import { REVISION } from './annotations.ts';
import { condition, withCondition, type DeploymentStatus } from './conditions.ts';
import { planDeployment, type DeploymentAction } from './plan.ts';
import { hasProgressDeadline } from './status.ts';
import { sameTemplate } from './template.ts';

const EVENT_TARGET = { apiVersion: 'apps/v1', kind: 'Deployment' } as const;

/** Rolls Deployments out over ReplicaSets. */
export function deploymentController(deps: ControllerDeps): RunningController {
  const { client, events, clock } = deps;
  const deployments = deps.informers.of(DEPLOYMENTS);
  const replicaSets = deps.informers.of(REPLICA_SETS);
  const pods = deps.informers.of(PODS);
  replicaSets.addIndex(CONTROLLER_INDEX, controllerIndexer);
  pods.addIndex(CONTROLLER_INDEX, controllerIndexer);

  const controller = new Controller(deps, { name: 'deployment', concurrency: 5, reconcile })
    .watch(deployments, (change) => [keyOf(change.object)])
    .watch(replicaSets, keysOfReplicaSet)
    .watch(pods, keysOfPod);

  function keysOfReplicaSet(change: Change<ReplicaSet>): string[] {
    const owners = [change.object, ...(change.type === 'updated' ? [change.old] : [])].flatMap(deploymentKeyOf);
    if (owners.length > 0 || change.type === 'deleted') return [...new Set(owners)];
    const { namespace, labels } = change.object.metadata ?? {};
    return deployments
      .list()
      .filter(({ metadata, spec }) => metadata?.namespace === namespace && matchesLabelSelector(spec?.selector, labels))
      .map(keyOf);
  }

  /** Only Recreate waits for pods as such: when one is gone or finished, the new ones may be due. */
  function keysOfPod(change: Change<Pod>): string[] {
    const finished = change.object.status?.phase === 'Succeeded' || change.object.status?.phase === 'Failed';
    if (change.type !== 'deleted' && !finished) return [];
    const owner = controllerOf(change.object);
    if (owner?.kind !== 'ReplicaSet') return [];
    const replicaSet = replicaSets.get(`${change.object.metadata?.namespace ?? ''}/${owner.name}`);
    const keys = replicaSet ? deploymentKeyOf(replicaSet) : [];
    return keys.filter((key) => deployments.get(key)?.spec?.strategy?.type === 'Recreate');
  }

  function deploymentKeyOf(replicaSet: ReplicaSet): string[] {
    const owner = controllerOf(replicaSet);
    return owner?.kind === 'Deployment' ? [`${replicaSet.metadata?.namespace ?? ''}/${owner.name}`] : [];
  }

  async function reconcile(key: string): Promise<Requeue | undefined> {
    const deployment = deployments.get(key);
    if (!deployment) return undefined;
    if (selectsEverything(deployment)) return refuse(deployment);
    const owned = await claimReplicaSets(deployment);
    const observed = {
      replicaSets: owned,
      pods: owned.flatMap((owner) => pods.byIndex(CONTROLLER_INDEX, controlledBy(owner.metadata?.uid ?? ''))),
    };
    const plan = planDeployment(deployment, observed, clock.now());
    const written = new Map<string, string>();
    for (const action of plan.actions) await apply(deployment, action, written);
    if (plan.revision !== undefined) await setRevision(deployment, plan.revision);
    await writeStatus(deployment, plan.status);
    return plan.recheckMs === undefined ? undefined : { afterMs: plan.recheckMs };
  }

  function claimReplicaSets(deployment: Deployment): Promise<ReplicaSet[]> {
    const { uid = '', namespace = '' } = deployment.metadata ?? {};
    const candidates = [
      ...replicaSets.byIndex(CONTROLLER_INDEX, controlledBy(uid)),
      ...replicaSets.byIndex(CONTROLLER_INDEX, orphansOf(namespace)),
    ];
    return claim(
      client,
      { owner: DEPLOYMENTS, child: REPLICA_SETS },
      deployment,
      deployment.spec?.selector,
      candidates,
    );
  }

  async function refuse(deployment: Deployment): Promise<undefined> {
    const message = 'This deployment is selecting all pods. A non-empty selector is required.';
    events.event({ ...deployment, ...EVENT_TARGET }, 'Warning', 'SelectingAll', message);
    await writeStatus(deployment, { ...deployment.status, observedGeneration: deployment.metadata?.generation ?? 0 });
    return undefined;
  }

  /** `written`: the resourceVersions that this step's own writes have moved ReplicaSets on to. */
  async function apply(deployment: Deployment, action: DeploymentAction, written: Map<string, string>): Promise<void> {
    switch (action.type) {
      case 'create':
        return create(deployment, action.replicaSet);
      case 'annotate': {
        const { annotations, minReadySeconds } = action;
        return patch(written, action.replicaSet, { metadata: { annotations }, spec: { minReadySeconds } });
      }
      case 'scale': {
        const { replicaSet, from, to, annotations } = action;
        await patch(written, replicaSet, { metadata: { annotations }, spec: { replicas: to } });
        if (from !== to) recordScaling(deployment, replicaSet, from, to);
        return;
      }
      case 'delete': {
        const { uid = '', resourceVersion = '' } = action.replicaSet.metadata ?? {};
        await ignoringAbsence(client.delete(REPLICA_SETS, target(action.replicaSet), { uid, resourceVersion }));
        return;
      }
    }
  }

  /** Refused when the ReplicaSet has changed since it was read: sizes are never computed from an older state. */
  async function patch(
    written: Map<string, string>,
    replicaSet: ReplicaSet,
    change: { metadata: object; spec: object },
  ): Promise<void> {
    const name = nameOf(replicaSet);
    const resourceVersion = written.get(name) ?? replicaSet.metadata?.resourceVersion;
    const body = { ...change, metadata: { ...change.metadata, resourceVersion } };
    const patched = await client.patch(REPLICA_SETS, target(replicaSet), body);
    written.set(name, patched.metadata?.resourceVersion ?? '');
  }

  async function create(deployment: Deployment, replicaSet: ReplicaSet): Promise<void> {
    try {
      await client.create(REPLICA_SETS, replicaSet);
    } catch (error) {
      if (isAlreadyExists(error)) return resolveCollision(deployment, replicaSet);
      await reportFailedCreate(deployment, replicaSet, error);
      throw error;
    }
    const replicas = replicaSet.spec?.replicas ?? 0;
    if (replicas > 0) recordScaling(deployment, replicaSet, 0, replicas);
  }

  /** Either our cache is behind and this is the one we made, or another template has the same hash: then count up and try again. */
  async function resolveCollision(deployment: Deployment, replicaSet: ReplicaSet): Promise<void> {
    const existing = await client.get(REPLICA_SETS, nameOf(replicaSet), replicaSet.metadata?.namespace);
    const ours = controllerOf(existing)?.uid === deployment.metadata?.uid;
    if (ours && sameTemplate(existing.spec?.template, replicaSet.spec?.template)) return;
    const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
    await writeStatus(deployment, { ...deployment.status, collisionCount });
    throw conflict(REPLICA_SETS, nameOf(replicaSet), 'the name belongs to another template; trying another hash');
  }

  async function reportFailedCreate(deployment: Deployment, replicaSet: ReplicaSet, error: unknown): Promise<void> {
    const message = `Failed to create new replica set "${nameOf(replicaSet)}": ${messageOf(error)}`;
    events.event({ ...deployment, ...EVENT_TARGET }, 'Warning', 'ReplicaSetCreateError', message);
    if (!hasProgressDeadline(deployment)) return;
    const failed = condition('Progressing', 'False', 'ReplicaSetCreateError', message, clock.now());
    const conditions = withCondition(deployment.status?.conditions ?? [], failed);
    await writeStatus(deployment, { ...deployment.status, conditions });
  }

  function recordScaling(deployment: Deployment, replicaSet: ReplicaSet, from: number, to: number): void {
    const direction = from < to ? 'up' : 'down';
    const message = `Scaled ${direction} replica set ${nameOf(replicaSet)} from ${String(from)} to ${String(to)}`;
    events.event({ ...deployment, ...EVENT_TARGET }, 'Normal', 'ScalingReplicaSet', message);
  }

  /** Upstream changes the annotation by way of /status; ours keeps status writes to the status. */
  async function setRevision(deployment: Deployment, revision: string): Promise<void> {
    const annotated = { metadata: { annotations: { [REVISION]: revision } } };
    await ignoringAbsence(client.patch(DEPLOYMENTS, target(deployment), annotated));
  }

  /** By patch of the whole status: our own revision annotation has just moved the resourceVersion on. */
  async function writeStatus(deployment: Deployment, status: DeploymentStatus): Promise<void> {
    if (isDeepStrictEqual(status, deployment.status)) return;
    const gone = Object.keys(deployment.status ?? {}).filter((key) => !(key in status));
    const cleared = Object.fromEntries(gone.map((key) => [key, null]));
    const body = structuredClone({ status: { ...status, ...cleared } });
    await ignoringAbsence(client.patch(DEPLOYMENTS, { ...target(deployment), subresource: 'status' }, body));
  }

  return controller;
}

const target = (object: Deployment | ReplicaSet): { name: string; namespace: string | undefined } => ({
  name: nameOf(object),
  namespace: object.metadata?.namespace,
});

function selectsEverything(deployment: Deployment): boolean {
  const { matchLabels = {}, matchExpressions = [] } = deployment.spec?.selector ?? {};
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
}

/** The object went while we worked: its deletion is an event of its own. */
async function ignoringAbsence(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
