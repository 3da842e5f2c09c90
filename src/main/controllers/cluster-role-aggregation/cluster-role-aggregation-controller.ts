import { isNotFound } from '../../../shared/api/errors.ts';
import { CLUSTER_ROLES } from '../../../shared/api/kinds.ts';
import { keyOf } from '../../../shared/api/meta.ts';
import { Controller } from '../runtime/controller.ts';
import type { ControllerDeps, RunningController } from '../runtime/dependencies.ts';
import { planRules } from './plan.ts';

/**
 * Fills aggregated ClusterRoles (`admin`, `edit`, `view` and users' own) with the rules of the roles they select; what
 * anybody else writes into their rules is overwritten.
 */
export function clusterRoleAggregationController(deps: ControllerDeps): RunningController {
  const { client } = deps;
  const roles = deps.informers.of(CLUSTER_ROLES);

  async function reconcile(name: string): Promise<undefined> {
    const role = roles.get(name);
    const rules = role && planRules(role, roles.list());
    if (!rules) return;
    try {
      await client.patch(CLUSTER_ROLES, { name }, { rules });
    } catch (error) {
      // Deleted in the meantime: there is nothing to fill any more.
      if (!isNotFound(error)) throw error;
    }
  }

  // Any role may be selected by any other, and there are few: all aggregated ones are looked at after every change.
  return new Controller(deps, { name: 'clusterrole-aggregation', reconcile }).watch(roles, () =>
    roles
      .list()
      .filter(({ aggregationRule }) => aggregationRule !== undefined)
      .map(keyOf),
  );
}
