import type { Node, Taint } from '../../../shared/api/kinds.ts';
import type { HostPort, PodInfo } from './pod-info.ts';
import { add, allocatableOf, resourcesOf, type Resources } from './resources.ts';

/** A node with its pods and the sums over them, kept up to date pod by pod. */
export class NodeInfo {
  node: Node | undefined;
  allocatable: Resources = resourcesOf({});
  readonly requested: Resources = resourcesOf({});
  readonly nonZeroRequested = { milliCpu: 0, memory: 0 };
  readonly pods = new Map<string, PodInfo>();
  readonly #replicas = new Map<string, number>();
  /** Taints that keep pods off, and those that only make the node less liked. */
  hardTaints: readonly Taint[] = [];
  softTaints: readonly Taint[] = [];
  /** Sizes in bytes by image name. */
  images: ReadonlyMap<string, number> = new Map();

  constructor(readonly name: string) {}

  get labels(): Readonly<Record<string, string>> {
    return this.node?.metadata?.labels ?? {};
  }

  get unschedulable(): boolean {
    return this.node?.spec?.unschedulable === true;
  }

  /** Takes over a new state of the node; undefined when it is gone while pods are still said to be on it. */
  setNode(node: Node | undefined): void {
    this.node = node;
    this.allocatable = allocatableOf(node);
    const taints = node?.spec?.taints ?? [];
    this.hardTaints = taints.filter(({ effect }) => effect === 'NoSchedule' || effect === 'NoExecute');
    this.softTaints = taints.filter(({ effect }) => effect === 'PreferNoSchedule');
    const images = node?.status?.images ?? [];
    this.images = new Map(
      images.flatMap(({ names, sizeBytes }) => (names ?? []).map((name) => [name, sizeBytes ?? 0])),
    );
  }

  addPod(pod: PodInfo): void {
    if (this.pods.has(pod.uid)) this.removePod(pod.uid);
    this.pods.set(pod.uid, pod);
    this.#count(pod, 1);
  }

  removePod(uid: string): void {
    const pod = this.pods.get(uid);
    if (!pod) return;
    this.pods.delete(uid);
    this.#count(pod, -1);
  }

  /** How many replicas of one controller the node has. */
  replicasOf(controllerUid: string): number {
    return this.#replicas.get(controllerUid) ?? 0;
  }

  /** Whether one of the node's pods has the port already. 0.0.0.0 stands for every address. */
  usesPort(wanted: HostPort): boolean {
    for (const pod of this.pods.values()) {
      for (const { ip, protocol, port } of pod.hostPorts) {
        if (port !== wanted.port || protocol !== wanted.protocol) continue;
        if (ip === wanted.ip || ip === '0.0.0.0' || wanted.ip === '0.0.0.0') return true;
      }
    }
    return false;
  }

  /** A copy to try things out on: the same node and pods, its own sums. */
  clone(): NodeInfo {
    const copy = new NodeInfo(this.name);
    copy.setNode(this.node);
    for (const pod of this.pods.values()) copy.addPod(pod);
    return copy;
  }

  #count(pod: PodInfo, sign: 1 | -1): void {
    add(this.requested, pod.requests, sign);
    this.nonZeroRequested.milliCpu += sign * pod.nonZero.milliCpu;
    this.nonZeroRequested.memory += sign * pod.nonZero.memory;
    if (pod.replicaOf === undefined) return;
    const replicas = this.replicasOf(pod.replicaOf) + sign;
    if (replicas === 0) this.#replicas.delete(pod.replicaOf);
    else this.#replicas.set(pod.replicaOf, replicas);
  }
}
