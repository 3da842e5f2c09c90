import { isNotFound } from '../../../shared/api/errors.ts';
import type { KindDefinition } from '../../resources/definition.ts';
import { CompactedError } from '../../store/storage.ts';
import type { UserInfo } from '../auth/user.ts';
import { asObject } from '../registry/as-object.ts';
import type { RegistryContext } from '../registry/context.ts';
import { deleteObject } from '../registry/delete.ts';
import { prefixOf } from '../registry/keys.ts';

/** Deletes all objects of a kind and resolves when none is left: finalizers of theirs may take their time. */
export async function deleteInstances(
  registry: RegistryContext,
  kind: KindDefinition,
  user: UserInfo,
  signal: AbortSignal,
): Promise<void> {
  const prefix = prefixOf(kind, '');
  while (!signal.aborted) {
    const { items, revision } = await registry.storage.list({ prefix });
    if (items.length === 0) return;
    for (const item of items) {
      const { name = '', namespace = '', deletionTimestamp } = asObject(item.value).metadata ?? {};
      if (deletionTimestamp === undefined) await deleteOne(registry, kind, { name, namespace, user });
    }
    await nextDeletion(registry, prefix, revision, signal);
  }
}

async function deleteOne(
  registry: RegistryContext,
  kind: KindDefinition,
  who: { name: string; namespace: string; user: UserInfo },
): Promise<void> {
  try {
    await deleteObject(registry, { kind, ...who }, { dryRun: false, preconditions: {} });
  } catch (error) {
    // Whoever was faster did what was to be done.
    if (!isNotFound(error)) throw error;
  }
}

/** Resolves when an object under the prefix is gone since the revision, or there is reason to look again. */
async function nextDeletion(
  { storage }: RegistryContext,
  prefix: string,
  revision: number,
  signal: AbortSignal,
): Promise<void> {
  const watch = storage.watch({ prefix, afterRevision: revision });
  const close = (): void => watch.close();
  signal.addEventListener('abort', close);
  try {
    for await (const events of watch) if (events.some(({ type }) => type === 'delete')) return;
  } catch (error) {
    if (!(error instanceof CompactedError) && !signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', close);
    watch.close();
  }
}
