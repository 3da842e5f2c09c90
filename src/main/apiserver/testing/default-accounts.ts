import { isAlreadyExists, isForbidden, isNotFound } from '../../../shared/api/errors.ts';
import { NAMESPACES, SERVICE_ACCOUNTS } from '../../../shared/api/kinds.ts';
import type { ApiClient } from '../../../shared/client/api-client.ts';

const PRESENT = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

/**
 * What the service account controller does, for servers that run without controllers: no pod is admitted to a namespace
 * without a `default` account. Resolves when the namespaces of the system have theirs; returns what stops it.
 */
export async function giveDefaultAccounts(client: ApiClient): Promise<() => Promise<void>> {
  const give = async (namespace: string): Promise<void> => {
    try {
      await client.create(SERVICE_ACCOUNTS, { metadata: { name: 'default', namespace } });
    } catch (error) {
      // It has one, or is on its way out.
      if (!isAlreadyExists(error) && !isForbidden(error) && !isNotFound(error)) throw error;
    }
  };
  for (const namespace of PRESENT) await give(namespace);
  const stopped = new AbortController();
  const following = (async (): Promise<void> => {
    for await (const event of client.watch(NAMESPACES, { signal: stopped.signal }))
      if (event.type === 'ADDED') await give(event.object.metadata?.name ?? '');
  })();
  // A test that closes the server under us has nothing more to create.
  const settled = following.catch(() => undefined);
  return async () => {
    stopped.abort();
    await settled;
  };
}
