import type { Ingress, IngressClass } from './kinds.ts';

/** On a Node: `true` while its machine answers for Ingresses (ports 80 and 443). Their status lists those machines. */
export const INGRESS_SERVING_ANNOTATION = 'ingress.wheelhouse.dev/serving';
/** `spec.controller` of the IngressClasses that machines serve themselves, and the class that is there from the start. */
export const INGRESS_CONTROLLER = 'wheelhouse.dev/ingress';
export const INGRESS_CLASS = 'wheelhouse';

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
const DEFAULT_CLASS_ANNOTATION = 'ingressclass.kubernetes.io/is-default-class';

/**
 * Whether our machines serve an Ingress: by its class, by the old annotation, or, where it names none, because ours is
 * the default class (networking.k8s.io/v1 IngressClassSpec).
 */
export function isServedByMachines({ metadata, spec }: Ingress, classes: readonly IngressClass[]): boolean {
  const ours = classes.filter((item) => item.spec?.controller === INGRESS_CONTROLLER);
  const named = spec?.ingressClassName ?? metadata?.annotations?.[CLASS_ANNOTATION];
  if (named !== undefined) return ours.some((item) => item.metadata?.name === named);
  return ours.some((item) => item.metadata?.annotations?.[DEFAULT_CLASS_ANNOTATION] === 'true');
}
