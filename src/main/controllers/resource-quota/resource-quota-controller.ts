import { setImmediate as nextTurn } from 'node:timers/promises';
import { isNotFound } from '../../../shared/api/errors.ts';
import { RESOURCE_QUOTAS, type ResourceQuota, type ResourceType } from '../../../shared/api/kinds.ts';
import { keyOf, type KubeObject } from '../../../shared/api/meta.ts';
import { addTo, amountsOf, sameAmounts, type Amounts } from '../../../shared/quota/amounts.ts';
import type { Amount } from '../../../shared/api/amount.ts';
import type { Evaluator } from '../../../shared/quota/evaluator.ts';
import { countedBy, evaluatorOf, usageOf } from '../../../shared/quota/usage.ts';
import type { Change } from '../../../shared/client/informer.ts';
import { Controller, type Requeue } from '../runtime/controller.ts';
import type { ControllerDeps, RunningController } from '../runtime/dependencies.ts';
import { CountedKinds } from './counted-kinds.ts';
import { plan, type Charges } from './plan.ts';

/** Upstream's resource-quota-sync-period: everything is counted anew this often. */
const RESYNC_MS = 5 * 60_000;
/** After a charge: if its object was refused or could not be stored, it is given back by then. */
const CHECK_CHARGES_MS = 10_000;
/** Objects counted before others have their turn. */
const SLICE = 500;
const NAMESPACE_INDEX = 'namespace';

type KindName = Pick<ResourceType, 'group' | 'plural'>;

/** Keeps `status` of ResourceQuotas: takes over what is to be hard, counts what is used, gives back what is gone. */
export function resourceQuotaController(deps: ControllerDeps): RunningController {
  const { client, clock } = deps;
  const quotas = deps.informers.of(RESOURCE_QUOTAS);
  const kinds = new CountedKinds(deps, enqueueAffected);
  const charges = new Map<string, Charges>();
  /** What we wrote last: anything else in a status is a charge. */
  const written = new Map<string, Amounts>();
  const usage = rememberedUsage(() => clock.now());
  quotas.addIndex(NAMESPACE_INDEX, ({ metadata }) => [metadata?.namespace ?? '']);

  const controller = new Controller(deps, { name: 'resource-quota', reconcile }).watch(quotas, keysOfQuota);

  function keysOfQuota(change: Change<ResourceQuota>): string[] {
    const key = keyOf(change.object);
    if (change.type === 'deleted') {
      charges.delete(key);
      written.delete(key);
      return [];
    }
    if (change.type === 'added') return [key];
    const used = amountsOf(change.object.status?.used);
    const isCharge =
      !sameAmounts(used, amountsOf(change.old.status?.used)) && !sameAmounts(used, written.get(key) ?? NONE);
    if (isCharge) {
      charges.set(key, { lastMs: clock.now(), waitingSinceMs: charges.get(key)?.waitingSinceMs });
      controller.enqueueAfter(key, CHECK_CHARGES_MS);
    }
    return sameAmounts(amountsOf(change.object.spec?.hard), amountsOf(change.object.status?.hard)) ? [] : [key];
  }

  /** Something that quotas count is gone, or counts for less or more than before. */
  function enqueueAffected(kind: KindName, change: Change<KubeObject>): void {
    const evaluator = evaluatorOf(kind);
    // What is new was charged when it was admitted.
    if (!evaluator || change.type === 'added') return;
    const { namespace = '' } = change.object.metadata ?? {};
    const affected = quotas
      .byIndex(NAMESPACE_INDEX, namespace)
      .filter(({ spec }) => evaluator.matchingResources(Object.keys(spec?.hard ?? {})).length > 0);
    if (affected.length === 0) return;
    if (change.type === 'updated' && sameAmounts(usage(evaluator, change.old), usage(evaluator, change.object))) return;
    for (const quota of affected) controller.enqueue(keyOf(quota));
  }

  async function reconcile(key: string): Promise<Requeue | undefined> {
    if (!quotas.get(key)) return undefined;
    const counted = await count(key);
    const quota = quotas.get(key);
    if (!quota || !counted) return undefined;
    const now = clock.now();
    const known = charges.get(key) ?? { lastMs: undefined, waitingSinceMs: undefined };
    const planned = plan(quota, counted, known, now);
    if (planned.action === 'wait') {
      charges.set(key, { ...known, waitingSinceMs: known.waitingSinceMs ?? now });
      return { afterMs: planned.ms };
    }
    charges.set(key, { ...known, waitingSinceMs: undefined });
    if (planned.action === 'write') await write(key, quota, planned.status);
    return { afterMs: RESYNC_MS };
  }

  /** What is used of everything the quota is about and that can be counted. */
  async function count(key: string): Promise<Map<string, Amount> | undefined> {
    const total = new Map<string, Amount>();
    for (const kind of kindsOf(quotas.get(key))) {
      const evaluator = evaluatorOf(kind);
      const namespace = quotas.get(key)?.metadata?.namespace ?? '';
      const objects = evaluator && (await kinds.objectsOf(kind, namespace));
      const quota = quotas.get(key);
      if (!quota) return undefined;
      if (!evaluator || !objects) continue;
      const names = evaluator.matchingResources(Object.keys(quota.spec?.hard ?? {}));
      const remembering = { ...evaluator, usage: (object: KubeObject) => usage(evaluator, object) };
      for (let start = 0; start === 0 || start < objects.length; start += SLICE) {
        if (start > 0) await nextTurn();
        addTo(total, usageOf(remembering, objects.slice(start, start + SLICE), quota, names, clock.now()));
      }
    }
    return total;
  }

  async function write(key: string, quota: ResourceQuota, status: NonNullable<ResourceQuota['status']>): Promise<void> {
    written.set(key, amountsOf(status.used));
    try {
      await client.updateStatus(RESOURCE_QUOTAS, structuredClone({ ...quota, status }));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  return controller;
}

const NONE: Amounts = new Map();

/** The kinds whose objects a quota counts, each once. */
function kindsOf(quota: ResourceQuota | undefined): KindName[] {
  const kinds = Object.keys(quota?.spec?.hard ?? {}).flatMap((name) => countedBy(name) ?? []);
  return [...new Map(kinds.map((kind) => [`${kind.group}/${kind.plural}`, kind])).values()];
}

/** Usage of objects as they are in the caches, found out once; that of objects on their way out depends on the time. */
function rememberedUsage(now: () => number): (evaluator: Evaluator, object: KubeObject) => Amounts {
  const known = new WeakMap<KubeObject, Amounts>();
  return (evaluator, object) => {
    const before = known.get(object);
    if (before) return before;
    const usage = evaluator.usage(object, now());
    if (object.metadata?.deletionTimestamp === undefined) known.set(object, usage);
    return usage;
  };
}
