import type { Ingress, IngressClass, Node } from '../../../shared/api/kinds.ts';
import { INGRESS_CONTROLLER, INGRESS_SERVING_ANNOTATION } from '../../../shared/api/ingress-serving.ts';

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
const DEFAULT_CLASS_ANNOTATION = 'ingressclass.kubernetes.io/is-default-class';

/** Whether our machines serve this Ingress: by its class, or because ours is the default and it names none. */
export function isServed({ metadata, spec }: Ingress, classes: readonly IngressClass[]): boolean {
  const ours = classes.filter((item) => item.spec?.controller === INGRESS_CONTROLLER);
  const named = spec?.ingressClassName ?? metadata?.annotations?.[CLASS_ANNOTATION];
  return ours.some((item) =>
    named === undefined
      ? item.metadata?.annotations?.[DEFAULT_CLASS_ANNOTATION] === 'true'
      : item.metadata?.name === named,
  );
}

/** The addresses Ingresses are reached at: of the machines that say they serve them and are Ready, sorted. */
export function servingAddresses(nodes: readonly Node[]): string[] {
  const serving = nodes.filter(
    ({ metadata, status }) =>
      metadata?.annotations?.[INGRESS_SERVING_ANNOTATION] === 'true' &&
      metadata.deletionTimestamp === undefined &&
      status?.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'True'),
  );
  const addresses = serving.flatMap(({ status }) => {
    const of = (wanted: string): string | undefined => status?.addresses?.find(({ type }) => type === wanted)?.address;
    return of('ExternalIP') ?? of('InternalIP') ?? [];
  });
  return [...new Set(addresses)].sort();
}
