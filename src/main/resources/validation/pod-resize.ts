import type { Container, Pod } from '../../../shared/api/kinds.ts';
import { equalJson } from '../decode/json-value.ts';
import { qosClass } from '../kinds/pod-qos.ts';
import type { FieldError } from './field-error.ts';
import { forbiddenField, invalidValue } from './fields.ts';

type Resources = NonNullable<Container['resources']>;

const MIRROR = 'kubernetes.io/config.mirror';
const RESIZABLE = ['cpu', 'memory'];

/** What a resize may change: amounts of CPU and memory, and not so that the pod becomes one of another class (ValidatePodResize). */
export function validatePodResize(pod: Pod, old: Pod): FieldError[] {
  if (old.metadata?.annotations?.[MIRROR] !== undefined) return [forbiddenField('', 'static pods cannot be resized')];
  if (old.spec?.os?.name === 'windows') return [forbiddenField('', 'windows pods cannot be resized')];
  const errors: FieldError[] = [];
  if (old.spec?.resources) errors.push(forbiddenField('spec', 'pods with pod-level resources cannot be resized'));
  if (qosClass(old) !== qosClass(pod))
    errors.push(invalidValue('spec', qosClass(pod), 'Pod QOS Class may not change as a result of resizing'));
  if (!runsWhereItCan(old)) errors.push(forbiddenField('spec', 'Pod running on node without support for resize'));
  const order = [
    ...sameContainers(pod.spec?.containers, old.spec?.containers, 'containers'),
    ...sameContainers(pod.spec?.initContainers, old.spec?.initContainers, 'initContainers'),
  ];
  if (order.length > 0) return [...errors, ...order];
  const sidecars = (old.spec?.initContainers ?? []).flatMap((before, index) =>
    before.restartPolicy === 'Always'
      ? nothingRemoved(pod.spec?.initContainers?.[index], before, `spec.initContainers[${index}].resources`)
      : [],
  );
  const main = (old.spec?.containers ?? []).flatMap((before, index) =>
    nothingRemoved(pod.spec?.containers[index], before, `spec.containers[${index}].resources`),
  );
  const others = equalJson(withoutResizable(pod), withoutResizable(old))
    ? []
    : [forbiddenField('spec', 'only cpu and memory resources are mutable\n')];
  return [...errors, ...sidecars, ...main, ...others];
}

/** A kubelet that can resize tells what its containers have; one that has not started any may be able to. */
function runsWhereItCan({ status }: Pod): boolean {
  const running = status?.containerStatuses?.find(({ state }) => state?.running !== undefined);
  return running === undefined || running.resources !== undefined;
}

function sameContainers(
  now: readonly Container[] = [],
  before: readonly Container[] = [],
  what: 'containers' | 'initContainers',
): FieldError[] {
  if (now.length !== before.length) return [forbiddenField('spec', `${what} may not be added or removed on resize`)];
  return now.some(({ name }, index) => name !== before[index]?.name)
    ? [forbiddenField('spec', `${what} may not be renamed or reordered on resize`)]
    : [];
}

function nothingRemoved(now: Container | undefined, before: Container, field: string): FieldError[] {
  return (['requests', 'limits'] as const).flatMap((part) => {
    const had = Object.keys(before.resources?.[part] ?? {});
    const has = now?.resources?.[part] ?? {};
    return had.every((name) => Object.hasOwn(has, name))
      ? []
      : [forbiddenField(`${field}.${part}`, `resource ${part} cannot be removed`)];
  });
}

/** The spec but for what a resize may change: amounts, and what a container does about them. */
function withoutResizable({ spec }: Pod): unknown {
  const amounts = (part: Resources['limits']) =>
    Object.fromEntries(Object.entries(part ?? {}).filter(([name]) => !RESIZABLE.includes(name)));
  const rest = ({ resources, resizePolicy: _may, ...container }: Container) => ({
    ...container,
    resources: { ...resources, requests: amounts(resources?.requests), limits: amounts(resources?.limits) },
  });
  // What an ordinary init container asks for is spent by the time it could be resized.
  const init = (spec?.initContainers ?? []).map((container) =>
    container.restartPolicy === 'Always' ? rest(container) : container,
  );
  return { ...spec, containers: (spec?.containers ?? []).map(rest), initContainers: init };
}
