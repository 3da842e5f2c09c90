import type { KubeObject } from '../../shared/api/meta.ts';
import type { Row } from '../../shared/view/rows.ts';

/** A plausible object behind a row. */
export function objectOf(row: Row): KubeObject {
  const metadata = {
    name: row.name,
    uid: row.uid,
    resourceVersion: '4711',
    creationTimestamp: row.createdAt,
    ...(row.namespace ? { namespace: row.namespace } : {}),
    labels: { app: row.name.split('-')[0] ?? row.name },
  };
  switch (row.resource) {
    case 'deployments':
      return deployment(row.name, metadata, row.images[0] ?? '', row.desired);
    case 'nodes':
      return {
        apiVersion: 'v1',
        kind: 'Node',
        metadata,
        spec: { taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }] },
        status: {
          conditions: ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'].map((type) => ({
            type,
            status: type === 'Ready' ? 'True' : 'False',
            reason: type === 'Ready' ? 'KubeletReady' : `KubeletHasNo${type}`,
            message: type === 'Ready' ? 'kubelet is posting ready status' : `kubelet has no ${type}`,
            lastTransitionTime: row.createdAt,
          })),
        },
      } as KubeObject;
    case 'configmaps':
      return {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata,
        data: { 'app.yaml': 'server:\n  port: 8080\n  workers: 4\n', 'log-level': 'info' },
      } as KubeObject;
    case 'secrets':
      return {
        apiVersion: 'v1',
        kind: 'Secret',
        type: row.type,
        metadata,
        data: { password: btoa('correct horse'), username: btoa('api') },
      } as KubeObject;
    default:
      return { apiVersion: 'v1', kind: row.resource, metadata };
  }
}

function deployment(name: string, metadata: KubeObject['metadata'], image: string, replicas: number): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...metadata, annotations: { 'deployment.kubernetes.io/revision': '4' } },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 10,
      template: template(name, image),
    },
    status: {
      conditions: [
        {
          type: 'Available',
          status: 'True',
          reason: 'MinimumReplicasAvailable',
          message: 'Deployment has minimum availability.',
          lastTransitionTime: metadata?.creationTimestamp,
        },
        {
          type: 'Progressing',
          status: 'True',
          reason: 'NewReplicaSetAvailable',
          message: `ReplicaSet "${name}-7d9f8c5b4d" has successfully progressed.`,
          lastTransitionTime: metadata?.creationTimestamp,
        },
      ],
    },
  } as KubeObject;
}

function template(name: string, image: string): unknown {
  return {
    metadata: { labels: { app: name } },
    spec: {
      containers: [
        {
          name: 'app',
          image,
          resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } },
          ports: [{ containerPort: 8080 }],
        },
      ],
    },
  };
}

/** The ReplicaSets of a Deployment as the API lists them. */
export function replicaSetsOf(deployment: KubeObject): KubeObject[] {
  const name = deployment.metadata?.name ?? '';
  return [4, 3, 2].map(
    (revision) =>
      ({
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: {
          name: `${name}-${revision}`,
          creationTimestamp: deployment.metadata?.creationTimestamp,
          annotations: { 'deployment.kubernetes.io/revision': String(revision) },
          ownerReferences: [
            { apiVersion: 'apps/v1', uid: deployment.metadata?.uid ?? '', controller: true, kind: 'Deployment', name },
          ],
        },
        spec: { template: template(name, `registry.local:5000/shop/${name}:1.${revision + 5}.0`) },
      }) as KubeObject,
  );
}
