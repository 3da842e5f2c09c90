import type { ContainerStatus, Pod } from '../../shared/api/kinds.ts';
import type { MetricsMessage } from '../../shared/live/contract.ts';
import type { PodRow, StateView } from '../../shared/view/rows.ts';

/** Pods in the states whose pages matter most, in the namespace `lab`. */

const started = Date.now();
const ago = (seconds: number): string => new Date(started - seconds * 1000).toISOString();
const MI = 2 ** 20;

interface Script {
  name: string;
  state: StateView;
  restarts: number;
  statuses: Partial<ContainerStatus>[];
  status?: Partial<NonNullable<Pod['status']>>;
}

const failed = (exitCode: number, reason: string, seconds: number, message?: string): ContainerStatus['lastState'] => ({
  terminated: {
    exitCode,
    reason,
    startedAt: ago(seconds + 4),
    finishedAt: ago(seconds),
    ...(message ? { message } : {}),
  },
});

const scripts: Script[] = [
  {
    name: 'api-7d9f8c5b4d-x2k4p',
    state: {
      kind: 'failing',
      word: 'CrashLoopBackOff',
      sentence: 'The container runs out of memory soon after it starts.',
    },
    restarts: 4,
    statuses: [
      {
        restartCount: 4,
        state: {
          waiting: {
            reason: 'CrashLoopBackOff',
            message: 'back-off 1m20s restarting failed container=app pod=api_lab(1)',
          },
        },
        lastState: failed(137, 'OOMKilled', 8, 'allocating cache of 80 MB\nfatal: cannot allocate memory') ?? {},
      },
      { name: 'proxy', ready: true, state: { running: { startedAt: ago(600) } } },
    ],
  },
  {
    name: 'web-5c7bd9f4-wrong',
    state: {
      kind: 'failing',
      word: 'ImagePullBackOff',
      sentence: 'The registry has no such tag; the kubelet waits before it tries again.',
    },
    restarts: 0,
    statuses: [
      {
        state: {
          waiting: {
            reason: 'ImagePullBackOff',
            message:
              'Back-off pulling image "registry.local:5000/shop/web:1.91": ErrImagePull: manifest for registry.local:5000/shop/web:1.91 not found: manifest unknown',
          },
        },
      },
    ],
  },
  {
    name: 'train-gpu-0',
    state: { kind: 'waiting', word: 'Pending', sentence: 'No node has room for what it asks for.' },
    restarts: 0,
    statuses: [],
    status: {
      phase: 'Pending',
      conditions: [
        {
          type: 'PodScheduled',
          status: 'False',
          reason: 'Unschedulable',
          message:
            '0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu. preemption: 0/3 nodes are available.',
        },
      ],
    },
  },
  {
    name: 'cart-6b8c-well',
    state: { kind: 'healthy', word: 'Running' },
    restarts: 0,
    statuses: [
      { ready: true, state: { running: { startedAt: ago(86_400) } } },
      { name: 'proxy', ready: true, state: { running: { startedAt: ago(86_400) } } },
    ],
  },
];

function rowOf(script: Script): PodRow {
  return {
    resource: 'pods',
    uid: `lab-${script.name}`,
    name: script.name,
    namespace: 'lab',
    createdAt: ago(90_000),
    state: script.state,
    simulated: false,
    deleting: false,
    ready: script.statuses.filter((status) => status.ready).length,
    total: 2,
    restarts: script.restarts,
    node: script.statuses.length > 0 ? 'wh-1' : '',
    ip: script.statuses.length > 0 ? '10.42.0.17' : '',
    owner: script.name.startsWith('train') ? '' : 'ReplicaSet/web-4',
    images: ['registry.local:5000/shop/api:1.9.1'],
  };
}

function objectOf(script: Script): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: script.name,
      namespace: 'lab',
      uid: `lab-${script.name}`,
      resourceVersion: '4711',
      creationTimestamp: ago(90_000),
      labels: { app: 'api', 'pod-template-hash': '7d9f8c5b4d' },
    },
    spec: {
      serviceAccountName: 'default',
      restartPolicy: 'Always',
      containers: [
        {
          name: 'app',
          image: 'registry.local:5000/shop/api:1.9.1',
          command: ['/bin/api', '--listen=:8080'],
          ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
          env: [{ name: 'DATABASE_URL' }, { name: 'CACHE_SIZE', value: '80' }],
          envFrom: [{ configMapRef: { name: 'settings' } }],
          resources: { requests: { cpu: '100m', memory: '32Mi' }, limits: { cpu: '500m', memory: '64Mi' } },
          volumeMounts: [{ name: 'config', mountPath: '/etc/api' }],
        },
        { name: 'proxy', image: 'registry.local:5000/shop/proxy:2.3.0', resources: { requests: { cpu: '20m' } } },
      ],
      volumes: [{ name: 'config', configMap: { name: 'settings' } }],
    },
    status: {
      phase: 'Running',
      podIP: '10.42.0.17',
      hostIP: '192.168.7.11',
      qosClass: 'Burstable',
      conditions: ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(
        (type) => ({
          type,
          status: script.state.kind === 'healthy' || !type.endsWith('eady') ? 'True' : 'False',
          ...(script.state.kind === 'healthy' ? {} : { reason: 'ContainersNotReady' }),
        }),
      ),
      ...script.status,
      containerStatuses: script.statuses.map((status) => ({
        name: 'app',
        image: 'x',
        imageID: '',
        ready: false,
        restartCount: 0,
        ...status,
      })),
    },
  };
}

export const labPods = scripts.map((script) => ({ object: objectOf(script), row: rowOf(script) }));

export function podMetrics(): MetricsMessage {
  const start = Date.now() - 15 * 60_000;
  const series = (name: string, peak: number): MetricsMessage['series'][number] => ({
    name,
    cpuRequest: 0.1,
    cpuLimit: 0.5,
    memoryRequest: 32 * MI,
    memoryLimit: 64 * MI,
    points: Array.from({ length: 180 }, (_, index) => ({
      at: start + index * 5000,
      cpu: 0.08 + Math.abs(Math.sin(index / 7)) * 0.2 * peak,
      memory: (10 + (index % 20) * 2.6 * peak) * MI,
    })),
  });
  return { reset: true, series: [series('app', 1), series('proxy', 0.3)] };
}

/** Enough lines to prove that a log is not drawn whole, with colours, a very long one and markup that must stay text. */
export function* logPieces(): Generator<string> {
  const levels = [
    '\u001b[32mINFO\u001b[0m ',
    '\u001b[32mINFO\u001b[0m ',
    '\u001b[33mWARN\u001b[0m ',
    '\u001b[1;31mERROR\u001b[0m',
  ];
  for (let piece = 0; piece < 60; piece++) {
    let text = '';
    for (let line = 0; line < 1000; line++) {
      const number = piece * 1000 + line;
      const level = levels[number % 7 === 0 ? 3 : number % 3] ?? '';
      text += `${new Date(started - (60_000 - number) * 20).toISOString()} ${level} request ${number} <b>GET</b> /api/v1/carts/${number % 977} took ${number % 83} ms\n`;
    }
    yield text;
  }
  yield `${'a line that never seems to end '.repeat(30)}\n`;
}
