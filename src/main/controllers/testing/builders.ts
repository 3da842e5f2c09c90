import type { Deployment, Node, Pod, ReplicaSet } from '../../../shared/api/kinds.ts';
import { REPLICA_SETS } from '../../../shared/api/kinds.ts';
import { controllerReference } from '../runtime/ownership.ts';
import { timestamp } from '../runtime/timestamp.ts';
import { START } from './world.ts';

interface PodShape {
  name?: string;
  node?: string;
  phase?: string;
  /** Seconds after START at which it became ready; absent: not ready. */
  readyAt?: number;
  createdAt?: number;
  restarts?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  owner?: ReplicaSet;
  deleted?: boolean;
  tolerations?: NonNullable<Pod['spec']>['tolerations'];
}

const at = (seconds: number): string => timestamp(START + seconds * 1000);

export function aPod(shape: PodShape = {}): Pod {
  const { name = 'pod', node, phase = 'Running', readyAt, createdAt = 0, restarts = 0, owner, deleted } = shape;
  const status = readyAt === undefined ? 'False' : 'True';
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'default',
      uid: `uid-${name}`,
      creationTimestamp: at(createdAt),
      labels: shape.labels ?? { app: 'web' },
      ...(shape.annotations ? { annotations: shape.annotations } : {}),
      ...(owner ? { ownerReferences: [controllerReference(owner, REPLICA_SETS)] } : {}),
      ...(deleted ? { deletionTimestamp: at(0) } : {}),
    },
    spec: {
      containers: [{ name: 'app' }],
      ...(node ? { nodeName: node } : {}),
      ...(shape.tolerations ? { tolerations: shape.tolerations } : {}),
    },
    status: {
      phase,
      conditions: [{ type: 'Ready', status, lastTransitionTime: at(readyAt ?? 0) }],
      containerStatuses: [{ name: 'app', image: '', imageID: '', ready: status === 'True', restartCount: restarts }],
    },
  };
}

export function aReplicaSet(name: string, replicas: number, more: Partial<ReplicaSet> = {}): ReplicaSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, namespace: 'default', uid: `uid-${name}`, generation: 1, ...more.metadata },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app', image: 'web:1' }] } },
      ...more.spec,
    },
    ...(more.status ? { status: more.status } : {}),
  };
}

export function aDeployment(replicas: number, more: Partial<NonNullable<Deployment['spec']>> = {}): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default', uid: 'uid-web', generation: 1 },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app', image: 'web:1' }] } },
      ...more,
    },
  };
}

export function aNode(
  name: string,
  ready: 'True' | 'False' | 'Unknown' | 'none' = 'True',
  more: Partial<Node> = {},
): Node {
  const condition = { type: 'Ready', status: ready, lastHeartbeatTime: at(0), lastTransitionTime: at(0) };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: `uid-${name}`, creationTimestamp: at(0), labels: {}, ...more.metadata },
    spec: { ...more.spec },
    status: { conditions: ready === 'none' ? [] : [condition], ...more.status },
  };
}
