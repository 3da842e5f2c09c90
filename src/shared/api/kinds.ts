import type {
  CoreV1Event,
  V1ConfigMap,
  V1Container,
  V1ContainerStatus,
  V1Deployment,
  V1Lease,
  V1Namespace,
  V1Node,
  V1Pod,
  V1PodTemplateSpec,
  V1ReplicaSet,
  V1Scale,
  V1Secret,
  V1ServiceAccount,
  V1Taint,
  V1Toleration,
} from '@kubernetes/client-node';
import type { Wire } from './wire.ts';
import type { KubeObject } from './meta.ts';
import type { Machine } from './machine.ts';

export type Pod = Wire<V1Pod>;
export type PodTemplateSpec = Wire<V1PodTemplateSpec>;
export type Container = Wire<V1Container>;
export type ContainerStatus = Wire<V1ContainerStatus>;
export type Node = Wire<V1Node>;
export type Taint = Wire<V1Taint>;
export type Toleration = Wire<V1Toleration>;
export type Namespace = Wire<V1Namespace>;
export type ConfigMap = Wire<V1ConfigMap>;
export type Secret = Wire<V1Secret>;
export type ServiceAccount = Wire<V1ServiceAccount>;
export type Event = Wire<CoreV1Event>;
export type Deployment = Wire<V1Deployment>;
export type ReplicaSet = Wire<V1ReplicaSet>;
export type Lease = Wire<V1Lease>;
export type Scale = Wire<V1Scale>;

/** Where a kind lives in the API, and (in the type only) what its objects look like. */
export interface ResourceType<T extends KubeObject = KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Never present at run time: carries `T`. */
  readonly __object?: T;
}

function resource<T extends KubeObject>(
  group: string,
  version: string,
  kind: string,
  plural: string,
  namespaced: boolean,
): ResourceType<T> {
  return { group, version, kind, plural, namespaced };
}

export const PODS = resource<Pod>('', 'v1', 'Pod', 'pods', true);
export const NODES = resource<Node>('', 'v1', 'Node', 'nodes', false);
export const NAMESPACES = resource<Namespace>('', 'v1', 'Namespace', 'namespaces', false);
export const CONFIG_MAPS = resource<ConfigMap>('', 'v1', 'ConfigMap', 'configmaps', true);
export const SECRETS = resource<Secret>('', 'v1', 'Secret', 'secrets', true);
export const SERVICE_ACCOUNTS = resource<ServiceAccount>('', 'v1', 'ServiceAccount', 'serviceaccounts', true);
export const EVENTS = resource<Event>('', 'v1', 'Event', 'events', true);
export const DEPLOYMENTS = resource<Deployment>('apps', 'v1', 'Deployment', 'deployments', true);
export const REPLICA_SETS = resource<ReplicaSet>('apps', 'v1', 'ReplicaSet', 'replicasets', true);
export const LEASES = resource<Lease>('coordination.k8s.io', 'v1', 'Lease', 'leases', true);
export const MACHINES = resource<Machine>('machines.wheelhouse.dev', 'v1alpha1', 'Machine', 'machines', false);

/** `v1`, or `apps/v1`. */
export function apiVersionOf(type: Pick<ResourceType, 'group' | 'version'>): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

/** The URL path of a collection, or of one object when `name` is given. */
export function pathOf(type: ResourceType, namespace?: string, name?: string, subresource?: string): string {
  const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  const scope = type.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  const object = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `${root}${scope}/${type.plural}${object}${subresource ? `/${subresource}` : ''}`;
}
