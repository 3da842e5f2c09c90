import { type Node } from '../../../shared/api/kinds.ts';
import { nameOf, type Condition } from '../../../shared/api/meta.ts';
import type { Informer } from '../../../shared/client/informer.ts';

/** What the Node object says, as the condition `NodeReady`. */
export interface NodeReadiness {
  status: Condition['status'];
  reason: string;
  message: string;
}

/** The readiness of a node; `machineId` guards against a Node that another machine registered under the name. */
export function readinessOf(node: Node | undefined, machineId: string | undefined): NodeReadiness {
  if (!node) {
    return { status: 'False', reason: 'NotRegistered', message: 'The agent has not registered its Node yet.' };
  }
  const registeredBy = node.status?.nodeInfo?.machineID;
  if (machineId && registeredBy && registeredBy !== machineId) {
    return {
      status: 'False',
      reason: 'NotRegistered',
      message: `The Node ${nameOf(node)} was registered by another machine (${registeredBy}).`,
    };
  }
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
  if (!ready) return { status: 'False', reason: 'NotReady', message: 'The node has not told its state yet.' };
  return {
    status: ready.status === 'True' || ready.status === 'False' ? ready.status : 'Unknown',
    reason: ready.reason ?? 'Unknown',
    message: ready.message ?? '',
  };
}

/** Resolves when the node is Ready (true) or the time is over (false); rejects when aborted. */
export function waitForNode(
  nodes: Informer<Node>,
  isReady: () => boolean,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    if (isReady()) return resolve(true);
    const settle = (): void => {
      stop();
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    };
    const onAbort = (): void => {
      settle();
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      settle();
      resolve(false);
    }, timeoutMs);
    const stop = nodes.onDidChange(() => {
      if (!isReady()) return;
      settle();
      resolve(true);
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
