import type { Container, LimitRange, Pod } from '../../../../shared/api/kinds.ts';

const ANNOTATION = 'kubernetes.io/limit-ranger';

type Quantities = Record<string, string>;

/**
 * Gives containers the requests and limits of a LimitRange that they do not have, and notes which in an annotation
 * (PodMutateLimitFunc). Changes the pod.
 */
export function setLimitDefaults({ spec }: LimitRange, pod: Pod): void {
  const items = (spec?.limits ?? []).filter(({ type }) => type === 'Container');
  const limits: Quantities = Object.assign({}, ...items.map((item) => item.default ?? {})) as Quantities;
  const requests: Quantities = Object.assign({}, ...items.map((item) => item.defaultRequest ?? {})) as Quantities;
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  const notes = [
    ...containers.flatMap((container) => complete(container, limits, requests, 'container')),
    ...initContainers.flatMap((container) => complete(container, limits, requests, 'init container')),
  ];
  if (notes.length === 0) return;
  pod.metadata ??= {};
  pod.metadata.annotations = {
    ...pod.metadata.annotations,
    [ANNOTATION]: `LimitRanger plugin set: ${notes.join('; ')}`,
  };
}

function complete(container: Container, limits: Quantities, requests: Quantities, what: string): string[] {
  const resources = (container.resources ??= {});
  const missing = (side: 'limits' | 'requests', defaults: Quantities): string[] => {
    const given = resources[side];
    const names = Object.keys(defaults).filter((name) => given?.[name] === undefined);
    if (names.length > 0)
      resources[side] = { ...given, ...Object.fromEntries(names.map((name) => [name, defaults[name] ?? ''])) };
    return names.sort();
  };
  const setLimits = missing('limits', limits);
  const setRequests = missing('requests', requests);
  return [
    ...(setRequests.length > 0 ? [`${setRequests.join(', ')} request for ${what} ${container.name}`] : []),
    ...(setLimits.length > 0 ? [`${setLimits.join(', ')} limit for ${what} ${container.name}`] : []),
  ];
}
