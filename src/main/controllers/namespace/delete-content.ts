import { isNotFound, messageOf } from '../../../shared/api/errors.ts';
import type { ResourceType } from '../../../shared/api/kinds.ts';
import { nameOf, type KubeObject } from '../../../shared/api/meta.ts';
import type { ApiClient } from '../../../shared/client/api-client.ts';
import { discover } from '../runtime/discovery.ts';
import { inParallel } from '../runtime/in-batches.ts';
import type { DeletionResult } from './plan.ts';

const PARALLEL_DELETES = 20;

/** Objects left of a kind after everything in it was asked to go, and the longest grace any of them has. */
interface Leftover {
  count: number;
  graceSeconds: number;
  finalizers: Map<string, number>;
  failure?: string;
}

export interface ContentDeletion extends DeletionResult {
  /** The longest grace period among what remains. */
  graceSeconds: number;
}

/**
 * Asks everything in a namespace to go. Pods first and alone: whatever they lean on (policies, secrets, accounts)
 * stays until the last has ended (KEP-5080, ordered namespace deletion).
 */
export async function deleteContent(client: ApiClient, namespace: string): Promise<ContentDeletion> {
  const { types, failures } = await discover(client);
  const result: ContentDeletion = {
    discoveryFailures: failures,
    deletionFailures: [],
    remaining: new Map(),
    finalizers: new Map(),
    graceSeconds: 0,
  };
  const namespaced = types.filter((type) => type.namespaced);
  const pods = namespaced.filter(isPods);
  for (const type of pods) note(result, type, await deleteKind(client, type, namespace));
  if (result.remaining.size > 0 || result.deletionFailures.length > 0) return result;
  for (const type of namespaced.filter((type) => !isPods(type)))
    note(result, type, await deleteKind(client, type, namespace));
  return result;
}

const isPods = (type: ResourceType): boolean => type.group === '' && type.plural === 'pods';

async function deleteKind(client: ApiClient, type: ResourceType, namespace: string): Promise<Leftover> {
  const errors: unknown[] = [];
  for await (const page of client.pages(type, { namespace })) {
    const alive = page.items.filter((item) => !item.metadata?.deletionTimestamp);
    errors.push(...(await inParallel(alive, PARALLEL_DELETES, (item) => deleteOne(client, type, item))));
  }
  const leftover: Leftover = { count: 0, graceSeconds: 0, finalizers: new Map() };
  for await (const page of client.pages(type, { namespace })) for (const item of page.items) count(leftover, item);
  if (errors.length > 0) leftover.failure = messageOf(errors[0]);
  return leftover;
}

async function deleteOne(client: ApiClient, type: ResourceType, item: KubeObject): Promise<void> {
  const { uid = '', namespace } = item.metadata ?? {};
  try {
    await client.delete(type, { name: nameOf(item), namespace }, { uid, propagationPolicy: 'Background' });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

function count(leftover: Leftover, item: KubeObject): void {
  leftover.count += 1;
  leftover.graceSeconds = Math.max(leftover.graceSeconds, item.metadata?.deletionGracePeriodSeconds ?? 0);
  for (const finalizer of item.metadata?.finalizers ?? [])
    leftover.finalizers.set(finalizer, (leftover.finalizers.get(finalizer) ?? 0) + 1);
}

function note(result: ContentDeletion, type: ResourceType, leftover: Leftover): void {
  if (leftover.failure !== undefined) result.deletionFailures.push(`${type.plural}.${type.group}: ${leftover.failure}`);
  if (leftover.count === 0) return;
  result.remaining.set(`${type.plural}.${type.group}`, leftover.count);
  result.graceSeconds = Math.max(result.graceSeconds, leftover.graceSeconds);
  for (const [finalizer, number] of leftover.finalizers)
    result.finalizers.set(finalizer, (result.finalizers.get(finalizer) ?? 0) + number);
}
