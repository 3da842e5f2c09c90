import type { Lease, Node } from '../../../shared/api/kinds.ts';
import { nameOf } from '../../../shared/api/meta.ts';
import { isSilent, observe, readinessOf, readyCondition, type NodeHealth, type Readiness } from './health.ts';
import type { NodeLifecycleOptions } from './options.ts';
import { noExecuteTaints, NOT_READY, UNREACHABLE, hasTaint } from './taints.ts';

export interface NodeVerdict {
  /** Its kubelet has been silent for too long: its conditions are to become Unknown. */
  silent: boolean;
  /** What the Ready condition says now, before anything is changed. */
  readiness: Readiness;
  /** What to do about the NoExecute taint. */
  taint: 'none' | 'now' | 'queue' | 'remove';
}

/** The health of every node, and what follows from it. Judges only: the controller does. */
export class NodeRecords {
  readonly #health = new Map<string, NodeHealth>();

  constructor(private readonly options: NodeLifecycleOptions) {}

  /** Takes in what is seen of a node and says what follows. */
  judge(node: Node, lease: Lease | undefined, now: number): NodeVerdict {
    const name = nameOf(node);
    const health = observe(this.#health.get(name), node, lease, now);
    this.#health.set(name, health);
    const readiness = readinessOf(node);
    return { silent: isSilent(node, health, now, this.options), readiness, taint: taintVerdict(node, readiness, now) };
  }

  /** Everybody's silence counts from `now`. */
  restartAll(now: number): void {
    for (const [name, health] of this.#health) this.#health.set(name, { ...health, probeAt: now });
  }

  forget(name: string): void {
    this.#health.delete(name);
  }
}

function taintVerdict(node: Node, readiness: Readiness, now: number): NodeVerdict['taint'] {
  // Never posted anything: there is nothing to evict for yet.
  if (!readyCondition(node)) return 'none';
  if (noExecuteTaints(node, readiness, now) === undefined) return 'none';
  if (readiness === 'True') return 'remove';
  // From not ready to unreachable, or back: it is tainted already, so no rate is needed.
  const opposite = readiness === 'False' ? UNREACHABLE : NOT_READY;
  return hasTaint(node, opposite, 'NoExecute') ? 'now' : 'queue';
}
