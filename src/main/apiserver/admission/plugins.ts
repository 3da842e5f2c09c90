import type { Clock } from '../../../shared/logger.ts';
import type { KindCatalog } from '../../resources/catalog.ts';
import type { Storage } from '../../store/storage.ts';
import type { Authorizer } from '../auth/authorizer.ts';
import { rbacEscalation } from '../auth/rbac/escalation.ts';
import type { RuleResolver } from '../auth/rbac/rule-resolver.ts';
import type { AdmissionPlugin } from './chain.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { nodeRestriction } from './node-restriction.ts';
import { serviceAccount } from './service-account.ts';
import { taintNodesByCondition } from './taint-nodes-by-condition.ts';
import type { Views } from '../views/views.ts';

/** What plugins read. */
export interface AdmissionDeps {
  storage: Storage;
  views: Views;
  catalog: KindCatalog;
  authorizer: Authorizer;
  rules: RuleResolver;
  clock: Clock;
}

/** Every plugin, in upstream's order (kubeapiserver/options/plugins.go). */
export const admissionPlugins = (deps: AdmissionDeps): AdmissionPlugin[] => [
  // Upstream asks this in the storage of roles, before any validating plugin.
  rbacEscalation(deps),
  namespaceLifecycle(deps.storage),
  serviceAccount,
  nodeRestriction,
  taintNodesByCondition,
  defaultTolerationSeconds,
];
