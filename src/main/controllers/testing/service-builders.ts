import type { Pod, Service } from '../../../shared/api/kinds.ts';
import { aPod } from './builders.ts';

type ServiceSpec = NonNullable<Service['spec']>;

/** A Service `default/web` that selects `app: web`, port 80 to the pods' port `http`. */
export function aService(spec: Partial<ServiceSpec> = {}, metadata: Service['metadata'] = {}): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z', ...metadata },
    spec: {
      type: 'ClusterIP',
      clusterIP: '10.96.0.80',
      selector: { app: 'web' },
      ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 'http' }],
      ...spec,
    },
  };
}

interface BackendShape {
  ip: string;
  node?: string;
  ready?: boolean;
  /** The number of its port `http`. */
  port?: number;
  deleted?: boolean;
  phase?: string;
  labels?: Record<string, string>;
  hostname?: string;
  subdomain?: string;
}

/** A pod that a Service can have as endpoint, named for its address. */
export function aBackend({ ip, node = 'a', ready = true, port = 8080, ...more }: BackendShape): Pod {
  const pod = aPod({
    name: `pod-${ip.replaceAll('.', '-')}`,
    node,
    ...(ready ? { readyAt: 10 } : {}),
    ...(more.deleted ? { deleted: true } : {}),
    ...(more.phase ? { phase: more.phase } : {}),
    ...(more.labels ? { labels: more.labels } : {}),
  });
  return {
    ...pod,
    spec: {
      ...pod.spec,
      containers: [{ name: 'app', ports: [{ name: 'http', containerPort: port, protocol: 'TCP' }] }],
      ...(more.hostname ? { hostname: more.hostname } : {}),
      ...(more.subdomain ? { subdomain: more.subdomain } : {}),
    },
    status: { ...pod.status, podIP: ip, podIPs: [{ ip }] },
  };
}
