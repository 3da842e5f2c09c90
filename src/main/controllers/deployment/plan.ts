import { isDeepStrictEqual } from 'node:util';
import type { Deployment, Pod, ReplicaSet } from '../../../shared/api/kinds.ts';
import { controllerOf, nameOf } from '../../../shared/api/meta.ts';
import { isPodFinished } from '../runtime/pod-state.ts';
import {
  DESIRED_REPLICAS,
  intAnnotation,
  MAX_REPLICAS,
  maxRevision,
  newReplicaSetAnnotations,
  revisionOf,
  REVISION,
} from './annotations.ts';
import {
  condition,
  findCondition,
  withCondition,
  type DeploymentCondition,
  type DeploymentStatus,
} from './conditions.ts';
import { countedStatus, hasProgressDeadline, isComplete, progressCheckMs, rolloutStatus } from './status.ts';
import {
  compareCreation,
  fenceposts,
  isRollingUpdate,
  newReplicaSetSize,
  proportionalSizes,
  replicasOf,
  shrinkOld,
  type Member,
  type Sizes,
} from './strategy.ts';
import { findNewReplicaSet, newReplicaSet } from './template.ts';

export type DeploymentAction =
  | { type: 'create'; replicaSet: ReplicaSet }
  /** `annotations` and `minReadySeconds` of the newest ReplicaSet. */
  | { type: 'annotate'; replicaSet: ReplicaSet; annotations: Record<string, string>; minReadySeconds: number }
  | { type: 'scale'; replicaSet: ReplicaSet; from: number; to: number; annotations: Record<string, string> }
  | { type: 'delete'; replicaSet: ReplicaSet };

export interface DeploymentPlan {
  /** In the order in which they are to be done; the first failure ends it. */
  actions: DeploymentAction[];
  /** The Deployment's own revision annotation, when it is to change. */
  revision?: string;
  status: DeploymentStatus;
  /** Look again after this long though nothing happens. */
  recheckMs?: number;
}

/** What the plan is made from. `replicaSets` are those the Deployment controls, `pods` theirs (for Recreate). */
export interface Observed {
  replicaSets: readonly ReplicaSet[];
  pods: readonly Pod[];
}

/**
 * One step of a Deployment (upstream syncDeployment). Each step changes sizes once and then waits for what it caused
 * to be seen, so it may be computed again at any time from what is there.
 */
export function planDeployment(deployment: Deployment, observed: Observed, now: number): DeploymentPlan {
  const draft = new Draft(deployment, observed, now);
  if (deployment.metadata?.deletionTimestamp) return draft.counted();
  draft.notePause();
  if (deployment.spec?.paused || isScaling(deployment, observed.replicaSets)) {
    draft.followTemplate();
    draft.resize(sizesWhenScaling(deployment, draft.members, draft.newest), { annotate: true });
    if (deployment.spec?.paused) draft.cleanUp();
    return draft.counted();
  }
  if (isRollingUpdate(deployment)) rollingUpdate(draft);
  else recreate(draft);
  return draft.rollout();
}

function rollingUpdate(draft: Draft): void {
  const { deployment } = draft;
  const newest = draft.followTemplate() ?? draft.createNewest();
  const desired = replicasOf(deployment);
  const size = newest.replicas > desired ? desired : newReplicaSetSize(deployment, draft.members, newest.replicas);
  if (draft.resize(new Map([[nameOf(newest.replicaSet), size]]))) return;
  const old = draft.old.filter((member) => member.replicas > 0);
  if (old.length > 0 && draft.resize(shrinkOld(deployment, old, newest))) return;
  draft.cleanUpIfComplete();
}

function recreate(draft: Draft): void {
  const newest = draft.followTemplate();
  if (draft.resize(new Map(draft.old.map((member) => [nameOf(member.replicaSet), 0])))) return;
  if (draft.oldPodsRemain()) return;
  if (!newest) draft.createNewest();
  else if (draft.resize(new Map([[nameOf(newest.replicaSet), replicasOf(draft.deployment)]]))) return;
  draft.cleanUpIfComplete();
}

/** The Deployment's size changed since its ReplicaSets were last sized (isScalingEvent). */
function isScaling(deployment: Deployment, replicaSets: readonly ReplicaSet[]): boolean {
  const active = replicaSets.filter((replicaSet) => replicasOf(replicaSet) > 0);
  // Recreate scales nothing proportionally: with several active it first takes the old ones down.
  if (!isRollingUpdate(deployment) && active.length > 1) return false;
  return active.some((replicaSet) => {
    const desired = intAnnotation(replicaSet, DESIRED_REPLICAS);
    return desired !== undefined && desired !== replicasOf(deployment);
  });
}

/** Sizes after a change of the Deployment's size, or while it is paused (DeploymentController.scale). */
function sizesWhenScaling(deployment: Deployment, members: readonly Member[], newest: Member | undefined): Sizes {
  const desired = replicasOf(deployment);
  const active = members.filter((member) => member.replicas > 0);
  if (active.length <= 1) {
    const only = active[0] ?? newest ?? members.at(-1);
    return new Map(only ? [[nameOf(only.replicaSet), desired]] : []);
  }
  const saturated = newest?.replicas === desired && intAnnotation(newest.replicaSet, DESIRED_REPLICAS) === desired;
  if (saturated)
    return new Map(active.filter((member) => member !== newest).map((member) => [nameOf(member.replicaSet), 0]));
  return isRollingUpdate(deployment) ? proportionalSizes(deployment, active) : new Map();
}

/** The plan in the making: the ReplicaSets as they will be after the actions so far. */
class Draft {
  readonly members: Member[];
  newest: Member | undefined;
  readonly #actions: DeploymentAction[] = [];
  #conditions: DeploymentCondition[];
  #revision: string | undefined;

  constructor(
    readonly deployment: Deployment,
    private readonly observed: Observed,
    private readonly now: number,
  ) {
    this.members = [...observed.replicaSets]
      .sort(compareCreation)
      .map((replicaSet) => ({ replicaSet, replicas: replicasOf(replicaSet) }));
    const found = findNewReplicaSet(deployment, observed.replicaSets);
    this.newest = this.members.find((member) => member.replicaSet === found);
    this.#conditions = deployment.status?.conditions ?? [];
  }

  /** Oldest first. */
  get old(): Member[] {
    return this.members.filter((member) => member !== this.newest);
  }

  /** A paused Deployment makes no progress and must not time out for it when it is resumed (checkPausedConditions). */
  notePause(): void {
    if (!hasProgressDeadline(this.deployment)) return;
    const { reason } = findCondition(this.#conditions, 'Progressing') ?? {};
    if (reason === 'ProgressDeadlineExceeded') return;
    const paused = this.deployment.spec?.paused === true;
    if (paused && reason !== 'DeploymentPaused') this.#progress('Unknown', 'DeploymentPaused', 'Deployment is paused');
    if (!paused && reason === 'DeploymentPaused')
      this.#progress('Unknown', 'DeploymentResumed', 'Deployment is resumed');
  }

  /** Brings the annotations of the ReplicaSet with the current template up to date, if there is one. */
  followTemplate(): Member | undefined {
    const { newest, deployment } = this;
    if (!newest) return undefined;
    const existing = newest.replicaSet.metadata?.annotations ?? {};
    const revision = this.#nextRevision();
    const annotations = newReplicaSetAnnotations(deployment, existing, revision);
    const minReadySeconds = deployment.spec?.minReadySeconds ?? 0;
    const rolledBack = annotations[REVISION] !== existing[REVISION];
    if (!isDeepStrictEqual(annotations, existing) || (newest.replicaSet.spec?.minReadySeconds ?? 0) !== minReadySeconds)
      this.#actions.push({ type: 'annotate', replicaSet: newest.replicaSet, annotations, minReadySeconds });
    this.#setRevision(annotations[REVISION] ?? String(revision));
    // A roll-back starts a rollout, so the progress deadline starts anew.
    if (hasProgressDeadline(deployment) && (rolledBack || !findCondition(this.#conditions, 'Progressing')))
      this.#progress('True', 'FoundNewReplicaSet', `Found new replica set "${nameOf(newest.replicaSet)}"`);
    return newest;
  }

  createNewest(): Member {
    const { deployment } = this;
    const revision = this.#nextRevision();
    const replicas = newReplicaSetSize(deployment, this.members, 0);
    const annotations = { ...newReplicaSetAnnotations(deployment, {}, revision), ...this.#sizeAnnotations() };
    const replicaSet = newReplicaSet(deployment, annotations, replicas);
    this.#actions.push({ type: 'create', replicaSet });
    this.newest = { replicaSet, replicas };
    this.members.push(this.newest);
    this.#setRevision(String(revision));
    if (hasProgressDeadline(deployment))
      this.#progress('True', 'NewReplicaSetCreated', `Created new replica set "${nameOf(replicaSet)}"`);
    return this.newest;
  }

  /**
   * Scales what differs; returns whether any size changes. `annotate`: also brings the size annotations of those
   * that keep their size up to date, which ends a scaling event.
   */
  resize(sizes: Sizes, options: { annotate?: boolean } = {}): boolean {
    let changed = false;
    for (const member of this.members) {
      const to = sizes.get(nameOf(member.replicaSet));
      if (to === undefined) continue;
      const annotations = this.#sizeAnnotations();
      const have = member.replicaSet.metadata?.annotations ?? {};
      const annotated = Object.entries(annotations).every(([key, value]) => have[key] === value);
      if (to === member.replicas && (annotated || !options.annotate)) continue;
      this.#actions.push({ type: 'scale', replicaSet: member.replicaSet, from: member.replicas, to, annotations });
      changed ||= to !== member.replicas;
      member.replicas = to;
    }
    return changed;
  }

  /** Pods of an older template that still run or are still ending (oldPodsRunning). */
  oldPodsRemain(): boolean {
    if (this.old.some(({ replicaSet }) => (replicaSet.status?.replicas ?? 0) > 0)) return true;
    const newestUid = this.newest?.replicaSet.metadata?.uid;
    return this.observed.pods.some((pod) => !isPodFinished(pod) && controllerOf(pod)?.uid !== newestUid);
  }

  cleanUpIfComplete(): void {
    if (isComplete(this.deployment, this.deployment.status ?? {})) this.cleanUp();
  }

  /** Forgets the oldest revisions beyond the history limit, never one that still has pods (cleanupDeployment). */
  cleanUp(): void {
    const limit = this.deployment.spec?.revisionHistoryLimit;
    if (limit === undefined || limit === 2 ** 31 - 1) return;
    const alive = this.old.filter(({ replicaSet }) => !replicaSet.metadata?.deletionTimestamp);
    const byRevision = alive.sort((a, b) => revisionOf(a.replicaSet) - revisionOf(b.replicaSet));
    for (const { replicaSet, replicas } of byRevision.slice(0, Math.max(0, alive.length - limit))) {
      const settled = (replicaSet.metadata?.generation ?? 0) <= (replicaSet.status?.observedGeneration ?? 0);
      if (replicas !== 0 || (replicaSet.status?.replicas ?? 0) !== 0 || !settled) continue;
      this.#actions.push({ type: 'delete', replicaSet });
    }
  }

  /** The plan with a status that only counts: nothing is rolled out. */
  counted(): DeploymentPlan {
    return this.#finish(this.#count());
  }

  rollout(): DeploymentPlan {
    const status = rolloutStatus(this.deployment, this.members, this.newest, this.#count(), this.now);
    const recheckMs = progressCheckMs(this.deployment, status, this.now);
    return { ...this.#finish(status), ...(recheckMs === undefined ? {} : { recheckMs }) };
  }

  #count(): DeploymentStatus {
    return countedStatus(this.deployment, this.members, this.newest, this.#conditions, this.now);
  }

  #finish(status: DeploymentStatus): DeploymentPlan {
    return { actions: this.#actions, status, ...(this.#revision ? { revision: this.#revision } : {}) };
  }

  #nextRevision(): number {
    return maxRevision(this.old.map((member) => member.replicaSet)) + 1;
  }

  #setRevision(revision: string): void {
    if (this.deployment.metadata?.annotations?.[REVISION] !== revision) this.#revision = revision;
  }

  #sizeAnnotations(): Record<string, string> {
    const desired = replicasOf(this.deployment);
    return {
      [DESIRED_REPLICAS]: String(desired),
      [MAX_REPLICAS]: String(desired + fenceposts(this.deployment).maxSurge),
    };
  }

  #progress(status: 'True' | 'Unknown', reason: string, message: string): void {
    this.#conditions = withCondition(this.#conditions, condition('Progressing', status, reason, message, this.now));
  }
}
