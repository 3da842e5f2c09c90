import type { Storage } from '../store/storage.ts';
import type { HealthCheck } from './health.ts';
import type { PostStartHook } from './post-start-hooks.ts';

/** Holds as soon as anybody can ask. */
const holds = (name: string): HealthCheck => ({ name, check: () => Promise.resolve() });

/** Upstream's checks: that the server answers, that its store does, and that each hook has run. */
export const healthChecks = (
  storage: Pick<Storage, 'get'>,
  hooks: readonly Pick<PostStartHook, 'name'>[],
): HealthCheck[] => [
  holds('ping'),
  holds('log'),
  {
    name: 'etcd',
    async check() {
      // As upstream: any key will do, so long as the store answers.
      await storage.get('/health');
    },
  },
  // Requests are answered only after all hooks are done: then it is enough that there is an answer.
  ...hooks.map(({ name }) => holds(`poststarthook/${name}`)),
];
