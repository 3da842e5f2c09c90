import type { Clock, Logger } from '../../../shared/logger.ts';
import type { KindCatalog } from '../../resources/catalog.ts';
import type { Storage } from '../../store/storage.ts';
import type { Authorizer } from '../auth/authorizer.ts';
import type { RuleResolver } from '../auth/rbac/rule-resolver.ts';
import type { Views } from '../views/views.ts';
import type { WebhookCaller } from './webhook/caller.ts';

/** What plugins read. */
export interface AdmissionDeps {
  storage: Storage;
  views: Views;
  catalog: KindCatalog;
  authorizer: Authorizer;
  rules: RuleResolver;
  clock: Clock;
  log: Logger;
  /** Calls webhooks. */
  caller: WebhookCaller;
  /** In [0, 1): suffixes of generated names. */
  random: () => number;
}
