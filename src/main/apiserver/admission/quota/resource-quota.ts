import { RESOURCE_QUOTAS, type ResourceQuota } from '../../../../shared/api/kinds.ts';
import { evaluatorOf } from '../../../../shared/quota/usage.ts';
import type { KindCatalog } from '../../../resources/catalog.ts';
import type { KindDefinition } from '../../../resources/definition.ts';
import type { Storage } from '../../../store/storage.ts';
import { asStored } from '../../registry/as-object.ts';
import { cloneJson } from '../../registry/json-value.ts';
import { keyFor } from '../../registry/keys.ts';
import type { Views } from '../../views/views.ts';
import type { AdmissionPlugin } from '../chain.ts';
import { refused } from '../refuse.ts';
import { Accountant, type QuotaStore } from './accountant.ts';

interface Deps {
  storage: Storage;
  views: Views;
  catalog: KindCatalog;
  clock: { now(): number };
}

/**
 * The last plugin of all, so that only what everybody else admits is charged: what a namespace uses stays within its
 * quotas (plugin/resourcequota). The quota controller gives back what goes, and mends what was charged and not stored.
 */
export function resourceQuota(deps: Deps): AdmissionPlugin {
  const store = quotaStore(deps);
  const accountant = new Accountant(store, deps.clock);
  return {
    name: 'ResourceQuota',
    async validate(request) {
      const { namespace, object, old } = request;
      if (namespace === '' || !object) return;
      const evaluator = evaluatorOf(request.kind.type);
      if (!evaluator?.handles({ operation: request.operation, subresource: request.subresource, object, old })) return;
      if ((await store.list(namespace)).length === 0) return;
      const why = await accountant.charge(namespace, { evaluator, object, old }, request.dryRun);
      if (why !== undefined) throw refused(request, why);
    },
  };
}

function quotaStore({ storage, views, catalog }: Deps): QuotaStore {
  const kind = (): KindDefinition => {
    const found = catalog.findResource(RESOURCE_QUOTAS.group, RESOURCE_QUOTAS.plural);
    if (!found) throw new Error('resourcequotas are not served');
    return found;
  };
  return {
    list: async (namespace) => (await views.of(RESOURCE_QUOTAS)).list(namespace),
    async write(quota: ResourceQuota) {
      const { namespace = '', name = '', resourceVersion } = quota.metadata ?? {};
      const key = keyFor(kind(), namespace, name);
      await storage.update(key, asStored(cloneJson(quota)), Number(resourceVersion), 'durable');
    },
  };
}
