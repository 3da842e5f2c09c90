import type { Pod } from '../../../shared/api/kinds.ts';
import { keyOf } from '../../../shared/api/meta.ts';
import type { Change } from '../../../shared/client/informer.ts';
import { podRequests } from '../../../shared/view/pod-requests.ts';

/** What the pods on a node ask for. */
export interface NodeLoad {
  pods: number;
  /** Cores and bytes. */
  cpu: number;
  memory: number;
}

interface Share extends NodeLoad {
  node: string;
  namespace: string;
}

const NONE: NodeLoad = { pods: 0, cpu: 0, memory: 0 };

/** Adds up pods by node and by namespace, one change at a time. Pods that have ended hold nothing any more. */
export class PodLoad {
  readonly #shares = new Map<string, Share>();
  readonly #nodes = new Map<string, NodeLoad>();
  readonly #namespaces = new Map<string, number>();
  readonly #total: NodeLoad = { ...NONE };

  apply(change: Change<Pod>): void {
    const key = keyOf(change.object);
    const old = this.#shares.get(key);
    if (old) this.#add(old, -1);
    this.#shares.delete(key);
    if (change.type === 'deleted') return;
    const share = shareOf(change.object);
    this.#shares.set(key, share);
    this.#add(share, 1);
  }

  ofNode(name: string): NodeLoad {
    return this.#nodes.get(name) ?? NONE;
  }

  inNamespace(name: string): number {
    return this.#namespaces.get(name) ?? 0;
  }

  /** Of all pods that are on a node. */
  get total(): NodeLoad {
    return this.#total;
  }

  #add({ node, namespace, pods, cpu, memory }: Share, sign: 1 | -1): void {
    this.#namespaces.set(namespace, this.inNamespace(namespace) + sign);
    if (node === '' || pods === 0) return;
    const load = this.#nodes.get(node) ?? { ...NONE };
    this.#nodes.set(node, load);
    for (const sum of [load, this.#total]) {
      sum.pods += sign * pods;
      sum.cpu += sign * cpu;
      sum.memory += sign * memory;
    }
    if (load.pods === 0) this.#nodes.delete(node);
  }
}

function shareOf(pod: Pod): Share {
  const ended = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  const place = { node: pod.spec?.nodeName ?? '', namespace: pod.metadata?.namespace ?? '' };
  return ended ? { ...place, ...NONE } : { ...place, pods: 1, ...podRequests(pod) };
}
