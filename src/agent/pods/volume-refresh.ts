import { messageOf } from '../../shared/api/errors.ts';
import type { Pod } from '../../shared/api/kinds.ts';
import type { ObservedSandbox } from '../runtime/observed.ts';
import type { PodDirectory } from '../volumes/pod-directory.ts';
import { describePod } from './pod-name.ts';
import { surroundings } from './start-container.ts';
import type { WorkerDeps } from './worker-deps.ts';

/** How often files that come from the API are brought up to date in running pods (kubelet's sync and cache period). */
const REFRESH_MS = 60_000;

/** Brings a running pod's files of ConfigMaps, Secrets and tokens up to date. */
export class VolumeRefresh {
  #dueAt = 0;

  constructor(
    private readonly deps: WorkerDeps,
    private readonly directory: PodDirectory,
  ) {}

  /** When they are due to be looked at again, in milliseconds; 0 for a pod that has none. */
  get dueAt(): number {
    return this.#dueAt;
  }

  async refresh(pod: Pod, sandbox: ObservedSandbox | undefined): Promise<void> {
    const { deps } = this;
    const volumes = pod.spec?.volumes ?? [];
    const fromApi = volumes.some(
      ({ configMap, secret, projected, downwardAPI }) => configMap ?? secret ?? projected ?? downwardAPI,
    );
    if (!fromApi || !sandbox) return;
    const now = deps.clock.now();
    if (this.#dueAt > now) return;
    const due = this.#dueAt > 0;
    this.#dueAt = now + REFRESH_MS;
    // The first time they have only just been written.
    if (!due) return;
    try {
      await deps.volumes.setUp(
        pod,
        this.directory,
        await deps.objects.referenced(pod),
        surroundings(deps, pod, sandbox),
      );
    } catch (error) {
      // A running container keeps the files it has.
      deps.log.debug({ err: messageOf(error), pod: describePod(pod) }, 'cannot refresh volumes');
    }
  }
}
