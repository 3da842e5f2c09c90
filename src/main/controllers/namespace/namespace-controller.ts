import { isDeepStrictEqual } from 'node:util';
import { isNotFound } from '../../../shared/api/errors.ts';
import { NAMESPACES, PODS, type Namespace } from '../../../shared/api/kinds.ts';
import { keyOf, nameOf } from '../../../shared/api/meta.ts';
import { Controller, type Requeue } from '../runtime/controller.ts';
import type { ControllerDeps, RunningController } from '../runtime/dependencies.ts';
import { deleteContent, type ContentDeletion } from './delete-content.ts';
import { isGone, planConditions } from './plan.ts';

/** Held by every namespace until its content is gone. */
const FINALIZER = 'kubernetes';
/** Upstream's guess of how long other finalizers take. */
const FINALIZER_ESTIMATE_SECONDS = 15;

/** Empties namespaces that are being deleted, and lets them go. */
export function namespaceController(deps: ControllerDeps): RunningController {
  const { client, clock } = deps;
  const namespaces = deps.informers.of(NAMESPACES);
  const pods = deps.informers.of(PODS);

  async function reconcile(name: string): Promise<Requeue | undefined> {
    if (!isEnding(namespaces.get(name))) return undefined;
    // The cache may be behind a re-creation under the same name: nobody's content is deleted on its word alone.
    const namespace = await fresh(name);
    if (!namespace || !isEnding(namespace)) return undefined;
    if (!namespace.spec?.finalizers?.includes(FINALIZER)) return undefined;
    const result = await deleteContent(client, name);
    if (!isGone(result)) {
      await report(namespace, result);
      return { afterMs: retryMs(result) };
    }
    await finalize(namespace);
    return undefined;
  }

  async function fresh(name: string): Promise<Namespace | undefined> {
    try {
      return await client.get(NAMESPACES, name);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async function report(namespace: Namespace, result: ContentDeletion): Promise<void> {
    const current = namespace.status?.conditions ?? [];
    const conditions = planConditions(current, result, clock.now());
    if (isDeepStrictEqual(conditions, current)) return;
    await client.patch(NAMESPACES, { name: nameOf(namespace), subresource: 'status' }, { status: { conditions } });
  }

  async function finalize(namespace: Namespace): Promise<void> {
    const finalizers = (namespace.spec?.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER);
    const latest = structuredClone({ ...namespace, spec: { ...namespace.spec, finalizers } });
    try {
      await client.update(NAMESPACES, latest, 'finalize');
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  return (
    new Controller(deps, { name: 'namespace', concurrency: 10, reconcile })
      .watch(namespaces, ({ type, object }) => (type !== 'deleted' && isEnding(object) ? [keyOf(object)] : []))
      // The last pod to end opens the way for the rest: no need to wait for the next look.
      .watch(pods, ({ type, object }) => {
        const namespace = object.metadata?.namespace ?? '';
        return type === 'deleted' && isEnding(namespaces.get(namespace)) ? [namespace] : [];
      })
  );
}

const isEnding = (namespace: Namespace | undefined): boolean => namespace?.metadata?.deletionTimestamp !== undefined;

/** Half of the longest wait to be expected and a second, as upstream. */
function retryMs(result: ContentDeletion): number {
  const wait = result.finalizers.size > 0 ? FINALIZER_ESTIMATE_SECONDS : result.graceSeconds;
  return (Math.floor(wait / 2) + 1) * 1000;
}
