/** Addresses of the app: `#/ns/web/pods/api-7d?tab=events`. Pure; the router keeps the browser's hash and a `Route` equal. */

export const NAMESPACED_PLACES = [
  'pods',
  'deployments',
  'replicasets',
  'configmaps',
  'secrets',
  'serviceaccounts',
  'events',
] as const;
export const CLUSTER_PLACES = ['machines', 'nodes', 'namespaces'] as const;
export const SINGLE_PLACES = ['overview', 'problems', 'apply', 'first-run', 'add-machine'] as const;

export type NamespacedPlace = (typeof NAMESPACED_PLACES)[number];
export type ClusterPlace = (typeof CLUSTER_PLACES)[number];
export type Place = NamespacedPlace | ClusterPlace | (typeof SINGLE_PLACES)[number];

export interface Route {
  place: Place;
  /** Empty: all namespaces, or a place that has none. */
  namespace: string;
  /** Empty: the list. */
  name: string;
  query: Readonly<Record<string, string>>;
}

const isOneOf = <T extends string>(list: readonly T[], value: string): value is T => list.some((one) => one === value);
export const isNamespaced = (place: Place): place is NamespacedPlace => isOneOf(NAMESPACED_PLACES, place);

/** Reads a hash; null for an address that leads nowhere. An empty one is the overview. */
export function parseHash(hash: string): Route | null {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const query = Object.fromEntries(new URLSearchParams(search));
  let parts: string[];
  try {
    parts = path.split('/').filter(Boolean).map(decodeURIComponent);
  } catch {
    return null;
  }
  const [first = 'overview', second = '', third = '', fourth = ''] = parts;
  if (first === 'ns') {
    return second !== '' && isOneOf(NAMESPACED_PLACES, third) && parts.length <= 4
      ? { place: third, namespace: second, name: fourth, query }
      : null;
  }
  if (first === 'machines' && second === 'add' && parts.length === 2)
    return { place: 'add-machine', namespace: '', name: '', query };
  if (parts.length <= 1 && first !== 'add-machine' && isOneOf([...NAMESPACED_PLACES, ...SINGLE_PLACES], first))
    return { place: first, namespace: '', name: '', query };
  if (parts.length <= 2 && isOneOf(CLUSTER_PLACES, first)) return { place: first, namespace: '', name: second, query };
  return null;
}

/** Writes an address; the inverse of `parseHash`. */
export function hrefOf(route: Pick<Route, 'place'> & Partial<Route>): string {
  const { place, namespace = '', name = '', query = {} } = route;
  const head = place === 'add-machine' ? ['machines', 'add'] : [place];
  const path = [...(namespace && isNamespaced(place) ? ['ns', namespace] : []), ...head, ...(name ? [name] : [])];
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== '')).toString();
  return `#/${path.map(encodeURIComponent).join('/')}${search ? `?${search}` : ''}`;
}
