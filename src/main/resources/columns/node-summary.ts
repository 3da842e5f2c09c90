import type { Node } from '../../../shared/api/kinds.ts';

/** `Ready`, `NotReady,SchedulingDisabled`, `Unknown`: the STATUS of `kubectl get nodes`. */
export function nodeStatus(node: Node): string {
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
  const words = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'];
  if (node.spec?.unschedulable) words.push('SchedulingDisabled');
  return words.join(',');
}

const ROLE_PREFIX = 'node-role.kubernetes.io/';

/** Roles are labels: `node-role.kubernetes.io/ROLE` or `kubernetes.io/role: ROLE`. */
export function nodeRoles(node: Node): string {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(node.metadata?.labels ?? {})) {
    if (key.startsWith(ROLE_PREFIX) && key.length > ROLE_PREFIX.length) roles.add(key.slice(ROLE_PREFIX.length));
    else if (key === 'kubernetes.io/role' && value !== '') roles.add(value);
  }
  return roles.size === 0 ? '<none>' : [...roles].sort().join(',');
}

/** The first address of a type (`InternalIP`). */
export const nodeAddress = (node: Node, wanted: string): string =>
  node.status?.addresses?.find(({ type }) => type === wanted)?.address ?? '<none>';
