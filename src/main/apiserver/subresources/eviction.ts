import { ApiError, badRequest, isConflict, methodNotAllowed } from '../../../shared/api/errors.ts';
import type { Pod } from '../../../shared/api/kinds.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import { isPlainObject } from '../registry/plain-object.ts';
import type { Decodable } from '../../resources/decode/decode-object.ts';
import { successStatus } from '../api-call.ts';
import { SELF } from '../post-start-hooks.ts';
import { asObject } from '../registry/as-object.ts';
import { checkPreconditions } from '../registry/checks.ts';
import { timestamp, type RegistryContext, type Target } from '../registry/context.ts';
import { decodeBody, readBody, type RequestBody } from '../registry/decode-request.ts';
import { deleteObject } from '../registry/delete.ts';
import { cloneJson } from '../registry/json-value.ts';
import { deleteOptionsOf, writeOptionsOf, type DeleteOptions } from '../registry/request-options.ts';
import { updateObject } from '../registry/update.ts';
import { readStored } from '../resource-handlers.ts';
import { bodyOf, type ResourceDeps, type ResourceHandler, type ResourceRequest } from '../resource-request.ts';
import { budgetsOf, stillProcessing, takeDisruption } from './disruption-budget.ts';

const EVICTION: Decodable = {
  type: { group: 'policy', version: 'v1', kind: 'Eviction' },
  schema: 'io.k8s.api.policy.v1.Eviction',
};
/** Upstream's EvictionsRetry. */
const ATTEMPTS = 20;

interface Eviction extends KubeObject {
  deleteOptions?: unknown;
}

/** POST pods/NAME/eviction: a delete that asks the pod's disruption budget first (registry/core/pod/storage/eviction.go). */
export const evictionHandler: ResourceHandler = async (deps, request) => {
  if (request.info.verb !== 'create') throw methodNotAllowed();
  const write = writeOptionsOf(request.call.query);
  const eviction = decodeBody(EVICTION, asV1(bodyOf(request)), write.fieldValidation, request.warnings) as Eviction;
  if (eviction.metadata?.name !== request.target.name)
    throw badRequest('name in URL does not match name in Eviction object');
  const given = deleteOptionsOf(new URLSearchParams(), eviction.deleteOptions);
  const options = { ...given, dryRun: given.dryRun || write.dryRun };
  await admit(deps, request, eviction, options.dryRun);
  await evict(deps, request, options);
  return { type: 'object', code: 201, value: successStatus(), warnings: request.warnings };
};

/** Clients before 1.22 say v1beta1, which has the same fields. */
function asV1(body: RequestBody): RequestBody {
  const { value } = readBody(body);
  if (!isPlainObject(value) || value['apiVersion'] !== 'policy/v1beta1') return body;
  return { value: { ...value, apiVersion: 'policy/v1' }, contentType: body.contentType };
}

/** Asks the plugins; what they see as the old object is the pod. */
async function admit(deps: ResourceDeps, request: ResourceRequest, object: Eviction, dryRun: boolean): Promise<void> {
  const { target, warnings } = request;
  const pod = asObject(await readStored(deps, request));
  const attributes = {
    operation: 'CREATE' as const,
    kind: target.kind,
    subresource: 'eviction',
    namespace: target.namespace,
    name: target.name,
    user: target.user,
    dryRun,
    warn: (message: string) => void warnings.push(message),
    annotate: target.annotate,
    object,
    old: pod,
  };
  await deps.registry.admission.mutate(attributes);
  await deps.registry.admission.validate(attributes);
}

async function evict(deps: ResourceDeps, request: ResourceRequest, options: DeleteOptions): Promise<void> {
  const { registry } = deps;
  const { target } = request;
  for (let attempt = 1; ; attempt += 1) {
    const pod = (await readStored(deps, request)) as unknown as Pod;
    if (!isFree(pod)) return evictGuarded(registry, target, pod, options);
    try {
      // A pod that only waits to start must not have become ready, and part of a budget, in the meantime.
      const pinned = pod.status?.phase === 'Pending' && pod.metadata?.deletionTimestamp === undefined;
      return await removePod(registry, target, pinned ? pinnedTo(pod, options) : options);
    } catch (error) {
      const mayRetry = isConflict(error) && options.preconditions.resourceVersion === undefined;
      if (!mayRetry || attempt >= ATTEMPTS) throw error;
    }
  }
}

/** Whether the pod's end disrupts nothing: it has ended, is ending, or has not begun. */
const isFree = ({ metadata, status }: Pod): boolean =>
  metadata?.deletionTimestamp !== undefined ||
  status?.phase === 'Succeeded' ||
  status?.phase === 'Failed' ||
  status?.phase === 'Pending';

async function evictGuarded(
  registry: RegistryContext,
  target: Target,
  pod: Pod,
  options: DeleteOptions,
): Promise<void> {
  const budgets = await budgetsOf(registry, pod);
  if (budgets.length > 1)
    throw new ApiError(
      500,
      '',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  const [budget] = budgets;
  if (!budget) return removePod(registry, target, options);

  const { spec, status } = budget;
  const isHealthy = pod.status?.conditions?.some(
    (condition) => condition.type === 'Ready' && condition.status === 'True',
  );
  const isWellEnough =
    spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow' ||
    ((status?.desiredHealthy ?? 0) > 0 && (status?.currentHealthy ?? 0) >= (status?.desiredHealthy ?? 0));
  if (isHealthy || !isWellEnough) {
    await takeDisruption(registry, budget, target.name, options.dryRun);
    return removePod(registry, target, options);
  }
  // It does not count as healthy, so the budget loses nothing, unless it becomes healthy before it is deleted.
  try {
    await removePod(registry, target, pinnedTo(pod, options));
  } catch (error) {
    if (isConflict(error) && options.preconditions.resourceVersion === undefined)
      throw stillProcessing(budget.metadata?.name ?? '');
    throw error;
  }
}

const pinnedTo = ({ metadata }: Pod, options: DeleteOptions): DeleteOptions =>
  options.preconditions.resourceVersion !== undefined || metadata?.resourceVersion === undefined
    ? options
    : { ...options, preconditions: { ...options.preconditions, resourceVersion: metadata.resourceVersion } };

/** Says in the pod's status why it goes, then deletes it. */
async function removePod(registry: RegistryContext, target: Target, options: DeleteOptions): Promise<void> {
  if (options.dryRun) {
    await deleteObject(registry, target, options);
    return;
  }
  const { object } = await updateObject(
    registry,
    { ...target, user: SELF },
    {
      mode: 'server',
      subresource: 'status',
      dryRun: false,
      attempts: ATTEMPTS,
      change: (old, stored) => {
        checkPreconditions(target, stored, options.preconditions);
        return withDisruptionTarget(old as Pod, registry.clock.now());
      },
    },
  );
  const { resourceVersion } = (object as unknown as Pod).metadata ?? {};
  const pinned = options.preconditions.resourceVersion !== undefined && resourceVersion !== undefined;
  const preconditions = { ...options.preconditions, ...(pinned ? { resourceVersion } : {}) };
  await deleteObject(registry, target, { ...options, preconditions });
}

function withDisruptionTarget(old: Pod, nowMs: number): Pod {
  const pod = cloneJson(old);
  const conditions = pod.status?.conditions ?? [];
  const before = conditions.find(({ type }) => type === 'DisruptionTarget');
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
    lastTransitionTime:
      before?.status === 'True' && before.lastTransitionTime ? before.lastTransitionTime : timestamp(nowMs),
  };
  pod.status = {
    ...pod.status,
    conditions: [...conditions.filter(({ type }) => type !== 'DisruptionTarget'), condition],
  };
  return pod;
}
