import type { Pod } from '../../shared/api/kinds.ts';
import type { ObservedPod } from '../runtime/observed.ts';

/** What `/runningpods` lists: pods with a running container, known from Docker alone, as upstream's from its runtime. */
export function runningPods(observed: Iterable<ObservedPod>): Pod[] {
  return [...observed].flatMap(({ uid, name, namespace, containers }) => {
    const running = containers.filter(({ state }) => state === 'running');
    if (running.length === 0) return [];
    return [
      {
        metadata: { name, namespace, uid },
        spec: { containers: running.map((each) => ({ name: each.name, image: each.image, resources: {} })) },
        status: {},
      },
    ];
  });
}
