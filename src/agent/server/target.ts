import type { Pod } from '../../shared/api/kinds.ts';
import { containerOf } from '../pods/worker-deps.ts';
import { currentOf, previousOf, type ObservedContainer, type ObservedPod } from '../runtime/observed.ts';
import { HttpError } from './http-error.ts';

export interface Target {
  namespace: string;
  pod: string;
  container: string;
}

/** `/containerLogs/default/web/app` and the like. */
export function parseTarget(path: string): Target | undefined {
  const [, , namespace, pod, container, ...more] = path.split('/').map(decodeURIComponent);
  return namespace && pod && container && more.length === 0 ? { namespace, pod, container } : undefined;
}

/** Finds a container of a pod on this machine, in upstream's words when there is none (kubelet_pods.go). */
export class TargetFinder {
  constructor(
    private readonly findPod: (namespace: string, name: string) => Pod | undefined,
    private readonly observe: (uid: string) => Promise<ObservedPod | undefined>,
  ) {}

  /** The container whose log is asked for: the current one, or with `previous` the one before. */
  async forLogs(target: Target, previous: boolean): Promise<ObservedContainer> {
    const { pod, observed } = await this.#look(target);
    const name = `container "${target.container}" in pod "${target.pod}"`;
    const current = observed && currentOf(observed, target.container);
    if (previous) {
      // One that waits to be restarted is itself the last to have ended.
      const waiting = this.#waitingReason(pod, target.container) !== undefined;
      const before =
        observed && (waiting && current?.state === 'exited' ? current : previousOf(observed, target.container));
      if (!before) throw new HttpError(400, `previous terminated ${name} not found`);
      return before;
    }
    if (current && current.state !== 'created' && current.startError === undefined) return current;
    const reason = this.#waitingReason(pod, target.container) ?? 'ContainerCreating';
    throw new HttpError(400, `${name} is waiting to start: ${reason}`);
  }

  /** A container one can run something in. */
  async running(target: Target): Promise<ObservedContainer> {
    const { observed } = await this.#look(target);
    const current = observed && currentOf(observed, target.container);
    if (current?.state !== 'running') throw new HttpError(404, `container not found ("${target.container}")`);
    return current;
  }

  async #look(target: Target): Promise<{ pod: Pod; observed: ObservedPod | undefined }> {
    const pod = this.findPod(target.namespace, target.pod);
    if (!pod) throw new HttpError(404, `pod "${target.pod}" does not exist`);
    if (!containerOf(pod, target.container)) {
      throw new HttpError(404, `container "${target.container}" not found in pod "${target.pod}"`);
    }
    return { pod, observed: await this.observe(pod.metadata?.uid ?? '') };
  }

  #waitingReason(pod: Pod, container: string): string | undefined {
    const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
    return statuses.find(({ name }) => name === container)?.state?.waiting?.reason;
  }
}
