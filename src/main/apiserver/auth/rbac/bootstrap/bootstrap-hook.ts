import { isAlreadyExists, isConflict, isNotFound } from '../../../../../shared/api/errors.ts';
import {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  ROLE_BINDINGS,
  ROLES,
  type ResourceType,
} from '../../../../../shared/api/kinds.ts';
import type { KubeObject } from '../../../../../shared/api/meta.ts';
import { asObject } from '../../../registry/as-object.ts';
import type { RegistryContext, Target } from '../../../registry/context.ts';
import { createObject } from '../../../registry/create.ts';
import { deleteObject } from '../../../registry/delete.ts';
import { cloneJson } from '../../../registry/json-value.ts';
import { keyFor } from '../../../registry/keys.ts';
import { servedValue } from '../../../registry/stored-version.ts';
import { updateObject } from '../../../registry/update.ts';
import type { UserInfo } from '../../user.ts';
import { DEFAULT_POLICY } from './policy.ts';
import { reconcileBinding, reconcileRole, type Reconciliation } from './reconcile.ts';

/** Another control plane may be at the same work: start over this often when it was faster. */
const ATTEMPTS = 3;

/**
 * Makes sure of the default roles and bindings (upstream's post-start hook rbac/bootstrap-roles): creates what is not
 * there and adds what is missing. All at once: the store puts writes of one moment on disk together.
 */
export async function bootstrapRoles(registry: RegistryContext, as: UserInfo): Promise<void> {
  const { clusterRoles, roles, clusterRoleBindings, roleBindings } = DEFAULT_POLICY;
  await Promise.all([
    reconcileAll(registry, as, CLUSTER_ROLES, clusterRoles, reconcileRole),
    reconcileAll(registry, as, ROLES, roles, reconcileRole),
  ]);
  await Promise.all([
    reconcileAll(registry, as, CLUSTER_ROLE_BINDINGS, clusterRoleBindings, reconcileBinding),
    reconcileAll(registry, as, ROLE_BINDINGS, roleBindings, reconcileBinding),
  ]);
}

async function reconcileAll<T extends KubeObject>(
  registry: RegistryContext,
  as: UserInfo,
  type: ResourceType<T>,
  expected: readonly T[],
  plan: (expected: T, existing: T | undefined) => Reconciliation<T>,
): Promise<void> {
  const kind = registry.catalog.find(type.group, type.version, type.plural);
  if (!kind) throw new Error(`${type.plural} are not served`);
  await Promise.all(
    expected.map(async (object) => {
      const { namespace = '', name = '' } = object.metadata ?? {};
      const target: Target = { kind, namespace, name, user: as };
      for (let attempt = 1; ; attempt += 1) {
        try {
          const stored = await registry.storage.get(keyFor(kind, namespace, name));
          const existing = stored && (asObject(servedValue(kind, stored.value)) as T);
          return await carryOut(registry, target, plan(object, existing));
        } catch (error) {
          const lostRace = isAlreadyExists(error) || isNotFound(error) || isConflict(error);
          if (!lostRace || attempt >= ATTEMPTS) throw error;
        }
      }
    }),
  );
}

async function carryOut(registry: RegistryContext, target: Target, todo: Reconciliation<KubeObject>): Promise<void> {
  switch (todo.action) {
    case 'none':
      return;
    case 'create':
      await createObject(registry, target, cloneJson(todo.object), { dryRun: false });
      return;
    case 'recreate':
      await deleteObject(registry, target, { dryRun: false, preconditions: {} });
      await createObject(registry, target, cloneJson(todo.object), { dryRun: false });
      return;
    case 'update':
      await updateObject(registry, target, {
        mode: 'whole',
        subresource: '',
        dryRun: false,
        attempts: 1,
        change: () => cloneJson(todo.object),
      });
  }
}
