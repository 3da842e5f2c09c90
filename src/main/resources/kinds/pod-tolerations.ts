import type { Pod } from '../../../shared/api/kinds.ts';

const TAINTS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];
/** How long a pod stays bound to a node that went away. */
const SECONDS = 300;

/**
 * Admission plugin DefaultTolerationSeconds: a pod that says nothing about not-ready or unreachable nodes tolerates
 * them for five minutes. Changes its argument.
 */
export function addDefaultTolerations(pod: Pod): void {
  if (!pod.spec) return;
  for (const taint of TAINTS) {
    const covered = pod.spec.tolerations?.some(
      ({ key, effect }) => (!key || key === taint) && (!effect || effect === 'NoExecute'),
    );
    if (covered) continue;
    pod.spec.tolerations ??= [];
    pod.spec.tolerations.push({ key: taint, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: SECONDS });
  }
}
