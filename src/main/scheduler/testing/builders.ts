import type { Node, Pod } from '../../../shared/api/kinds.ts';
import { ClusterCache } from '../cache/cluster-cache.ts';
import { podInfo, type PodInfo } from '../cache/pod-info.ts';

type PodSpec = NonNullable<Pod['spec']>;

/** A pod that waits for a node; `requests` of its one container. */
export function aPod(name: string, requests: Record<string, string> = {}, more: Partial<PodSpec> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid: `uid-${name}` },
    spec: {
      schedulerName: 'default-scheduler',
      containers: [{ name: 'app', image: 'web:1', resources: { requests } }],
      ...more,
    },
  };
}

interface NodeShape {
  cpu?: string;
  memory?: string;
  pods?: string;
  extended?: Record<string, string>;
  labels?: Record<string, string>;
  spec?: NonNullable<Node['spec']>;
  images?: Record<string, number>;
}

export function aNode(name: string, shape: NodeShape = {}): Node {
  const { cpu = '4', memory = '8Gi', pods = '110', extended = {}, labels = {}, spec = {}, images = {} } = shape;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: `uid-${name}`, labels },
    spec,
    status: {
      allocatable: { cpu, memory, pods, ...extended },
      images: Object.entries(images).map(([image, sizeBytes]) => ({ names: [image], sizeBytes })),
    },
  };
}

export function aCluster(nodes: Node[], placed: Record<string, Pod[]> = {}): ClusterCache {
  const cluster = new ClusterCache();
  for (const node of nodes) cluster.setNode(node);
  for (const [node, pods] of Object.entries(placed)) for (const pod of pods) cluster.confirm(info(pod), node);
  return cluster;
}

export const info = (pod: Pod): PodInfo => podInfo(pod);
