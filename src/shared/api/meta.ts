import type { V1ObjectMeta, V1OwnerReference, V1Status } from '@kubernetes/client-node';
import type { Wire } from './wire.ts';

export type ObjectMeta = Wire<V1ObjectMeta>;
export type OwnerReference = Wire<V1OwnerReference>;
export type Status = Wire<V1Status>;

/** What every stored object has. `metadata` of an object that came from the API always has name, uid and resourceVersion. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
}

/** `metadata` of a list: the revision the list was read at, and the token of the next page. */
export interface ListMeta {
  resourceVersion?: string;
  continue?: string;
  remainingItemCount?: number;
}

export interface KubeList<T> {
  apiVersion: string;
  kind: string;
  metadata: ListMeta;
  items: T[];
}

/** One event of a watch, as upstream sends it (one JSON object a line). */
export type WatchEvent<T> =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T }
  | { type: 'BOOKMARK'; object: T }
  | { type: 'ERROR'; object: Status };

/** A condition as all kinds have them (metav1.Condition; older kinds lack observedGeneration). */
export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  observedGeneration?: number;
}

/** The object's name; throws when it has none, which nothing that came from the API lacks. */
export function nameOf(object: KubeObject): string {
  const name = object.metadata?.name;
  if (name === undefined) throw new Error(`${object.kind ?? 'object'} without metadata.name`);
  return name;
}

/** `namespace/name`, or `name` of a cluster-scoped object: the key that informers and work queues use. */
export function keyOf(object: KubeObject): string {
  const namespace = object.metadata?.namespace;
  return namespace ? `${namespace}/${nameOf(object)}` : nameOf(object);
}

/** Splits what `keyOf` made. */
export function splitKey(key: string): { namespace?: string; name: string } {
  const slash = key.indexOf('/');
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** The owner that manages this object, if any (at most one reference has `controller: true`). */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata?.ownerReferences?.find((reference) => reference.controller === true);
}
