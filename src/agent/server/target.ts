import type { Pod } from '../../shared/api/kinds.ts';
import { containerOf } from '../pods/worker-deps.ts';
import { currentOf, previousOf, type ObservedContainer, type ObservedPod } from '../runtime/observed.ts';
import { HttpError } from './http-error.ts';
import type { PodNamespace } from './pod-connection.ts';

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

export interface PodTarget {
  namespace: string;
  pod: string;
}

/** `/portForward/default/web`. */
export function parsePodTarget(path: string): PodTarget | undefined {
  const [, , namespace, pod, ...more] = path.split('/').map(decodeURIComponent);
  return namespace && pod && more.length === 0 ? { namespace, pod } : undefined;
}

/** A TCP port. Throws 400 in upstream's words (portforward/websocket.go). */
export function parsePort(text: string | null): number {
  const port = /^\d{1,5}$/.test(text ?? '') ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new HttpError(400, text ? `invalid port "${text}"` : 'query parameter "port" is required');
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

  /** Where a pod's network is. */
  async network({ namespace, pod: name }: PodTarget): Promise<PodNamespace> {
    const observed = await this.observe(this.#podOf(namespace, name).metadata?.uid ?? '');
    const sandbox = observed?.sandboxes[0];
    if (!sandbox) throw new HttpError(404, `pod not found ("${name}_${namespace}")`);
    if (!sandbox.running) throw new HttpError(502, `sandbox container "${sandbox.id}" is not running`);
    return { sandboxId: sandbox.id, pid: sandbox.pid };
  }

  #podOf(namespace: string, name: string): Pod {
    const pod = this.findPod(namespace, name);
    if (!pod) throw new HttpError(404, `pod "${name}" does not exist`);
    return pod;
  }

  async #look(target: Target): Promise<{ pod: Pod; observed: ObservedPod | undefined }> {
    const pod = this.#podOf(target.namespace, target.pod);
    if (!containerOf(pod, target.container)) {
      throw new HttpError(404, `container "${target.container}" not found in pod "${target.pod}"`);
    }
    return { pod, observed: await this.observe(pod.metadata?.uid ?? '') };
  }

  #waitingReason(pod: Pod, container: string): string | undefined {
    const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
    const statuses = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses];
    return statuses.find(({ name }) => name === container)?.state?.waiting?.reason;
  }
}
