import type { Node } from '../../../shared/api/kinds.ts';
import { INGRESS_SERVING_ANNOTATION } from '../../../shared/api/ingress-serving.ts';

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
