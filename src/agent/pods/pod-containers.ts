import type { Container, Pod } from '../../shared/api/kinds.ts';

/** A pod's ephemeral containers as containers: they have the same fields, but for those that they may not have. */
export const ephemeralContainersOf = (pod: Pod): Container[] => (pod.spec?.ephemeralContainers ?? []) as Container[];

/** Everything that may run in a pod, in the order in which upstream looks a name up. */
export const allContainersOf = (pod: Pod): Container[] => [
  ...(pod.spec?.containers ?? []),
  ...(pod.spec?.initContainers ?? []),
  ...ephemeralContainersOf(pod),
];

/** Whether a container was added to look into the pod (`kubectl debug`): it runs once and is never restarted. */
export const isEphemeral = (pod: Pod, name: string): boolean =>
  (pod.spec?.ephemeralContainers ?? []).some((container) => container.name === name);

/** The name of the container whose processes an ephemeral one sees. */
export const targetOf = (pod: Pod, name: string): string | undefined =>
  (pod.spec?.ephemeralContainers ?? []).find((container) => container.name === name)?.targetContainerName || undefined;

/** Where an event says a container is: `spec.initContainers{setup}` (kubelet/container ImplicitContainerPrefix, ref.go). */
export function fieldPathOf(pod: Pod, { name }: Container): string {
  const isInit = (pod.spec?.initContainers ?? []).some((container) => container.name === name);
  const list = isInit ? 'initContainers' : isEphemeral(pod, name) ? 'ephemeralContainers' : 'containers';
  return `spec.${list}{${name}}`;
}
