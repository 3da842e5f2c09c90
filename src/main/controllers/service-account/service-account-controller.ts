import { isAlreadyExists, isForbidden, isNotFound } from '../../../shared/api/errors.ts';
import { NAMESPACES, SERVICE_ACCOUNTS } from '../../../shared/api/kinds.ts';
import { keyOf } from '../../../shared/api/meta.ts';
import { Controller } from '../runtime/controller.ts';
import type { ControllerDeps, RunningController } from '../runtime/dependencies.ts';

/** Upstream's ServiceAccountsController manages just this one. */
const NAME = 'default';

/** Keeps a ServiceAccount `default` in every active namespace. */
export function serviceAccountController(deps: ControllerDeps): RunningController {
  const { client } = deps;
  const namespaces = deps.informers.of(NAMESPACES);
  const accounts = deps.informers.of(SERVICE_ACCOUNTS);

  async function reconcile(name: string): Promise<undefined> {
    const namespace = namespaces.get(name);
    if (!namespace || namespace.status?.phase === 'Terminating' || namespace.metadata?.deletionTimestamp) return;
    if (accounts.get(`${name}/${NAME}`)) return;
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: NAME, namespace: name } };
    try {
      await client.create(SERVICE_ACCOUNTS, account);
    } catch (error) {
      // It is there already, or the namespace has just gone or is going: either way nothing is missing.
      if (!isAlreadyExists(error) && !isForbidden(error) && !isNotFound(error)) throw error;
    }
  }

  return new Controller(deps, { name: 'serviceaccount', concurrency: 1, reconcile })
    .watch(namespaces, (change) => (change.type === 'deleted' ? [] : [keyOf(change.object)]))
    .watch(accounts, ({ type, object }) =>
      type === 'deleted' && object.metadata?.name === NAME ? [object.metadata.namespace ?? ''] : [],
    );
}
