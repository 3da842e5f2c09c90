import type { Container, ContainerStatus, Pod } from '../../../../../shared/api/kinds.ts';
import type { StateView } from '../../../../../shared/view/rows.ts';
import { exitMeaning, type Terminated } from './exit-code.ts';
import { nextTryAt } from './restart-delay.ts';

export interface ContainerView {
  name: string;
  /** A sidecar is an init container that goes on running (restartPolicy Always). */
  role: 'init' | 'sidecar' | 'app';
  image: string;
  state: StateView;
  ready: boolean;
  restarts: number;
  /** ISO time the run of now began. */
  startedAt?: string;
  /** The end of the run of now, or else of the one before. */
  lastEnd?: Terminated;
  /** There is an earlier run whose log can be read. */
  hasPrevious: boolean;
  /** What stands in its way, in the words of the kubelet or the registry. */
  waitingMessage?: string;
  /** Ms since the epoch. */
  nextTryAt?: number;
  requests: ResourceAmounts;
  limits: ResourceAmounts;
  ports: string[];
  env: string[];
  command: string[];
  mounts: string[];
}

export interface ResourceAmounts {
  cpu?: string;
  memory?: string;
}

/** All containers of a pod in the order they start: init containers, sidecars among them, then the rest. */
export function containerViews(pod: Pod): ContainerView[] {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const view = (container: Container, role: ContainerView['role']): ContainerView =>
    containerView(
      container,
      role,
      statuses.find((status) => status.name === container.name),
    );
  return [
    ...(pod.spec?.initContainers ?? []).map((one) => view(one, one.restartPolicy === 'Always' ? 'sidecar' : 'init')),
    ...(pod.spec?.containers ?? []).map((one) => view(one, 'app')),
  ];
}

/** The container to show first: one that fails, else the one upstream's annotation names, else the first that is no init container. */
export function defaultContainer(pod: Pod, views: readonly ContainerView[]): string {
  const failing = views.find((view) => view.state.kind === 'failing');
  const named = pod.metadata?.annotations?.['kubectl.kubernetes.io/default-container'];
  const chosen = failing ?? views.find((view) => view.name === named) ?? views.find((view) => view.role === 'app');
  return (chosen ?? views[0])?.name ?? '';
}

function containerView(
  container: Container,
  role: ContainerView['role'],
  status: ContainerStatus | undefined,
): ContainerView {
  const lastEnd = status?.state?.terminated ?? status?.lastState?.terminated;
  const startedAt = status?.state?.running?.startedAt;
  const waitingMessage = status?.state?.waiting?.message;
  const due = status && nextTryAt(status);
  return {
    name: container.name,
    role,
    image: container.image ?? '',
    state: containerState(role, status),
    ready: status?.ready ?? false,
    restarts: status?.restartCount ?? 0,
    ...(startedAt ? { startedAt } : {}),
    ...(lastEnd ? { lastEnd } : {}),
    hasPrevious: status?.lastState?.terminated !== undefined,
    ...(waitingMessage ? { waitingMessage } : {}),
    ...(due === undefined ? {} : { nextTryAt: due }),
    requests: amounts(container.resources?.requests),
    limits: amounts(container.resources?.limits),
    ports: (container.ports ?? []).map(
      (port) => `${port.name ? `${port.name} ` : ''}${port.containerPort}/${port.protocol ?? 'TCP'}`,
    ),
    env: [
      ...(container.env ?? []).map((one) => one.name),
      ...(container.envFrom ?? []).map((one) =>
        one.configMapRef
          ? `all of ConfigMap ${one.configMapRef.name ?? ''}`
          : `all of Secret ${one.secretRef?.name ?? ''}`,
      ),
    ],
    command: [...(container.command ?? []), ...(container.args ?? [])],
    mounts: (container.volumeMounts ?? []).map((mount) => `${mount.mountPath} from ${mount.name}`),
  };
}

function amounts(of: Record<string, string> | undefined): ResourceAmounts {
  const { cpu, memory } = of ?? {};
  return { ...(cpu ? { cpu } : {}), ...(memory ? { memory } : {}) };
}

/** Reasons of waiting that are a start under way, not a failure. */
const STARTING = new Set(['ContainerCreating', 'PodInitializing']);

function containerState(role: ContainerView['role'], status: ContainerStatus | undefined): StateView {
  const { waiting, running, terminated } = status?.state ?? {};
  if (running) {
    if (role === 'init') return { kind: 'working', word: 'Running' };
    return status?.ready
      ? { kind: 'healthy', word: 'Running' }
      : {
          kind: 'working',
          word: 'Running, not ready',
          sentence: 'It runs, and its readiness probe has not passed yet.',
        };
  }
  if (terminated) {
    const word = terminated.reason ?? 'Terminated';
    if (terminated.exitCode === 0) return { kind: 'healthy', word };
    return { kind: 'failing', word, sentence: `Exit code ${terminated.exitCode}: ${exitMeaning(terminated)}.` };
  }
  const word = waiting?.reason ?? 'Waiting';
  if (waiting?.reason === undefined || STARTING.has(word)) return { kind: 'working', word };
  return { kind: 'failing', word };
}
