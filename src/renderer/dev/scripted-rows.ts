import type {
  ConfigRow,
  DeploymentRow,
  EventRow,
  MachineRow,
  NamespaceRow,
  NodeRow,
  PodRow,
  ReplicaSetRow,
  Row,
  RowResource,
  StateView,
} from '../../shared/view/rows.ts';

const GI = 2 ** 30;
const MI = 2 ** 20;
const started = Date.now();
const ago = (seconds: number): string => new Date(started - seconds * 1000).toISOString();

const running: StateView = { kind: 'healthy', word: 'Running' };
const states: StateView[] = [
  running,
  running,
  running,
  running,
  running,
  running,
  {
    kind: 'failing',
    word: 'CrashLoopBackOff',
    sentence: 'The container exits right after it starts; the next try is in 1:12.',
  },
  running,
  running,
  {
    kind: 'waiting',
    word: 'Pending',
    sentence: 'No node has room: it asks for 2 cores, the freest node has 0.4 left.',
  },
  running,
  { kind: 'working', word: 'ContainerCreating', sentence: 'The image is being pulled.', progress: 0.4 },
  running,
  { kind: 'failing', word: 'ImagePullBackOff', sentence: 'The registry says: manifest for shop/api:1.91 not found.' },
  { kind: 'warning', word: 'NotReady', sentence: 'Its readiness check fails: HTTP 503.' },
  running,
  { kind: 'unknown', word: 'Unknown', sentence: 'Its node has not been heard of for 2 min.' },
];

function base(
  resource: string,
  name: string,
  namespace: string,
  seconds: number,
  state: StateView,
): Omit<PodRow, 'resource' | 'ready' | 'total' | 'restarts' | 'node' | 'ip' | 'owner' | 'images'> {
  return {
    uid: `${resource}-${namespace}-${name}`,
    name,
    namespace,
    createdAt: ago(seconds),
    state,
    simulated: false,
    deleting: false,
  };
}

const apps = ['api', 'web', 'worker', 'cart', 'search'];
const namespaces = ['shop', 'staging', 'default'];

export const pods: PodRow[] = Array.from({ length: 340 }, (_, index) => {
  const state = states[index % states.length] ?? running;
  const app = apps[index % apps.length] ?? 'api';
  const node = index % 9 === 8 ? 'sim-0001' : `wh-${1 + (index % 3)}`;
  const well = state.kind === 'healthy';
  return {
    resource: 'pods',
    ...base(
      'pods',
      `${app}-7d9f8c5b4d-${(index * 7919).toString(36).padStart(5, 'x')}`,
      namespaces[index % 3] ?? 'shop',
      300 + index * 97,
      state,
    ),
    simulated: node.startsWith('sim'),
    ready: well ? 1 : 0,
    total: 1,
    restarts: state.word === 'CrashLoopBackOff' ? 7 : 0,
    ...(state.word === 'CrashLoopBackOff' ? { lastRestartAt: ago(190) } : {}),
    node: state.word === 'Pending' ? '' : node,
    ip: `10.244.${index % 3}.${index % 250}`,
    owner: `ReplicaSet/${app}-7d9f8c5b4d`,
    images: [`registry.local:5000/shop/${app}:1.9.1`],
    ...(well ? { cpu: 0.01 + (index % 17) / 60, memory: (40 + (index % 23) * 9) * MI } : {}),
  };
});

export const deployments: DeploymentRow[] = apps.flatMap((app, index) =>
  namespaces.map((namespace, at): DeploymentRow => {
    const rolling = index === 1 && at === 0;
    const failing = index === 0 && at === 0;
    return {
      resource: 'deployments',
      ...base(
        'deployments',
        app,
        namespace,
        86_400 * (index + 1),
        failing
          ? { kind: 'failing', word: 'Degraded', sentence: '1 of 3 Pods keeps crashing.' }
          : rolling
            ? { kind: 'working', word: 'Rolling out 3/5', progress: 0.6 }
            : { kind: 'healthy', word: 'Available' },
      ),
      desired: rolling ? 5 : 3,
      ready: failing ? 2 : rolling ? 4 : 3,
      updated: rolling ? 3 : 3,
      available: failing ? 2 : rolling ? 4 : 3,
      images: [`registry.local:5000/shop/${app}:1.9.1`],
      revision: '4',
    };
  }),
);

export const replicasets: ReplicaSetRow[] = deployments.flatMap((deployment) =>
  [4, 3].map((revision) => ({
    resource: 'replicasets',
    ...base(
      'replicasets',
      `${deployment.name}-${revision === 4 ? '7d9f8c5b4d' : '5c6b7d8f9'}`,
      deployment.namespace,
      3600 * (5 - revision),
      {
        kind: 'healthy',
        word: revision === 4 ? 'Ready' : 'Scaled down',
      },
    ),
    desired: revision === 4 ? deployment.desired : 0,
    current: revision === 4 ? deployment.desired : 0,
    ready: revision === 4 ? deployment.ready : 0,
    owner: `Deployment/${deployment.name}`,
    revision: String(revision),
    images: deployment.images,
  })),
);

export const nodes: NodeRow[] = ['wh-1', 'wh-2', 'wh-3', 'sim-0001', 'sim-0002'].map((name, index) => ({
  resource: 'nodes',
  ...base(
    'nodes',
    name,
    '',
    86_400 * 3,
    index === 2
      ? {
          kind: 'unknown',
          word: 'NotReady',
          sentence: 'The node has not been heard of for 2 min; its Pods go on running there.',
        }
      : index === 1
        ? { kind: 'warning', word: 'Ready,SchedulingDisabled', sentence: 'Cordoned: no new Pods go there.' }
        : { kind: 'healthy', word: 'Ready' },
  ),
  simulated: name.startsWith('sim'),
  schedulable: index !== 1,
  version: 'v1.34.0',
  address: `10.99.0.${11 + index}`,
  os: 'Debian GNU/Linux 12',
  runtime: 'docker://27.5.1',
  podCount: 23 + index * 11,
  podCapacity: 110,
  cpuAllocatable: 3.9,
  cpuRequested: 1.2 + index * 0.5,
  ...(index === 2 ? {} : { cpuUsed: 0.6 + index * 0.3 }),
  memoryAllocatable: 7.6 * GI,
  memoryRequested: (2 + index) * GI,
  ...(index === 2 ? {} : { memoryUsed: (1.4 + index) * GI }),
  ...(name.startsWith('wh') ? { machine: name } : {}),
}));

export const machines: MachineRow[] = ['wh-1', 'wh-2', 'wh-3', 'wh-4'].map((name, index) => ({
  resource: 'machines',
  ...base(
    'machines',
    name,
    '',
    86_400 * 3,
    index === 3
      ? { kind: 'waiting', word: 'WaitingForConsent', sentence: 'Its host key is not known yet: compare it and agree.' }
      : { kind: 'healthy', word: 'Ready' },
  ),
  address: `10.99.0.${11 + index}`,
  user: 'root',
  nodeName: index === 3 ? '' : name,
  phase: index === 3 ? 'HostKeyVerified' : 'NodeReady',
  message: index === 3 ? 'SHA256:3yF1 is not in known_hosts' : 'the node is ready',
}));

export const events: EventRow[] = pods.slice(0, 60).map((pod, index) => ({
  resource: 'events',
  ...base('events', `${pod.name}.${index}`, pod.namespace, index * 13, {
    kind: index % 4 === 2 ? 'warning' : 'healthy',
    word: index % 4 === 2 ? 'Warning' : 'Normal',
  }),
  type: index % 4 === 2 ? 'Warning' : 'Normal',
  reason: index % 4 === 2 ? 'BackOff' : 'Started',
  message: index % 4 === 2 ? `Back-off restarting failed container app in pod ${pod.name}` : 'Started container app',
  about: `Pod/${pod.name}`,
  aboutUid: pod.uid,
  count: index % 4 === 2 ? 12 : 1,
  lastSeen: ago(index * 13),
  source: 'kubelet',
}));

export const namespaceRows: NamespaceRow[] = [
  'default',
  'kube-node-lease',
  'kube-public',
  'kube-system',
  'shop',
  'staging',
].map((name) => ({
  resource: 'namespaces',
  ...base('namespaces', name, '', 86_400 * 9, { kind: 'healthy', word: 'Active' }),
  podCount: pods.filter((pod) => pod.namespace === name).length,
}));

const config = (resource: ConfigRow['resource'], name: string, keys: string[], type = ''): ConfigRow => ({
  resource,
  ...base(resource, name, 'shop', 86_400, { kind: 'healthy', word: 'Ready' }),
  keys,
  type,
});

const all: Record<RowResource, Row[]> = {
  pods,
  deployments,
  replicasets,
  nodes,
  machines,
  events,
  namespaces: namespaceRows,
  configmaps: [
    config('configmaps', 'api-settings', ['app.yaml', 'log-level']),
    config('configmaps', 'web-theme', ['theme.css']),
  ],
  secrets: [
    config('secrets', 'api-database', ['password', 'username'], 'Opaque'),
    config('secrets', 'wh-1-ssh', ['privateKey'], 'wheelhouse.dev/ssh'),
  ],
  serviceaccounts: [config('serviceaccounts', 'default', [])],
};

export const rowsOf = (resource: RowResource): Row[] => all[resource];
