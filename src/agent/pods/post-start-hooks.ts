import { messageOf } from '../../shared/api/errors.ts';
import type { ObservedPod } from '../runtime/observed.ts';

/**
 * The postStart hooks of one pod's containers, by container id. Until its hook is over a container counts as being
 * created, whatever its process does; when the hook fails, it is killed (kuberuntime_container.go startContainer).
 */
export class PostStartHooks {
  readonly #running = new Set<string>();
  readonly #failed = new Set<string>();

  /** Containers whose hook has not ended. */
  get running(): ReadonlySet<string> {
    return this.#running;
  }

  /** Containers that must be killed for it. */
  get failed(): ReadonlySet<string> {
    return this.#failed;
  }

  /** Runs a hook without waiting; `onEnd` hears how it went, with the reason when it failed. */
  begin(id: string, hook: () => Promise<void>, onEnd: (failure: string | undefined) => void): void {
    this.#running.add(id);
    void hook().then(
      () => {
        this.#running.delete(id);
        onEnd(undefined);
      },
      (error: unknown) => {
        this.#running.delete(id);
        this.#failed.add(id);
        onEnd(messageOf(error));
      },
    );
  }

  /** Drops what is known of containers that are no more. */
  keepOnly(known: ReadonlySet<string>): void {
    for (const set of [this.#running, this.#failed]) for (const id of set) if (!known.has(id)) set.delete(id);
  }
}

/** Without the containers whose postStart hook runs: they are not probed and not started yet. */
export const withoutHooking = (observed: ObservedPod, hooking: ReadonlySet<string>): ObservedPod => ({
  ...observed,
  containers: observed.containers.filter(({ id }) => !hooking.has(id)),
});

/** With the containers whose postStart hook runs as what they are shown to be. */
export const asCreating = (observed: ObservedPod, hooking: ReadonlySet<string>): ObservedPod => ({
  ...observed,
  containers: observed.containers.map((each) =>
    hooking.has(each.id) && each.state === 'running' ? { ...each, state: 'created' } : each,
  ),
});
