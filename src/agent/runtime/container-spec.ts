import type { ContainerCreateOptions, HostConfig } from 'dockerode';
import type { Container, Pod } from '../../shared/api/kinds.ts';
import { dockerName, LABELS, podLabels } from './labels.ts';
import { dockerResources } from './resources.ts';
import { securityOptions } from './security.ts';
import { specHash } from './spec-hash.ts';

/** Kubelet's containerLogMaxSize and containerLogMaxFiles. */
const LOG_CONFIG = { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '5' } };

/** Processes and threads a container may have, so that a fork bomb stays its own (upstream's podPidsLimit has no default). */
const PIDS_LIMIT = 4096;

export interface Mount {
  hostPath: string;
  containerPath: string;
  readOnly: boolean;
  propagation?: 'rslave' | 'rshared' | 'rprivate';
}

export interface ContainerSpecInput {
  pod: Pod;
  container: Container;
  clusterId: string;
  attempt: number;
  sandboxId: string;
  /** The container whose processes this one sees, for an ephemeral container. */
  targetId?: string;
  /** Image id, so that a tag moved meanwhile changes nothing. */
  imageRef: string;
  /** The image's USER; empty is root. */
  imageUser: string;
  /** The text of the seccomp profile the container is to have, where it names a file of the machine. */
  seccompProfile?: string;
  env: { name: string; value: string }[];
  mounts: Mount[];
  oomScoreAdj: number;
  /** After `$(VAR)` expansion. */
  command: string[] | undefined;
  args: string[] | undefined;
}

/** Everything Docker is told about an application container of a pod. */
export function containerSpec(input: ContainerSpecInput): ContainerCreateOptions {
  const { pod, container } = input;
  const namespaceOf = `container:${input.sandboxId}`;
  const security = securityOptions(pod, container, input.imageUser, input.seccompProfile);
  const hostConfig: HostConfig = {
    NetworkMode: namespaceOf,
    IpcMode: pod.spec?.hostIPC ? 'host' : namespaceOf,
    ...pidMode(pod, input),
    Binds: input.mounts.map(bindOf),
    LogConfig: LOG_CONFIG,
    // The kubelet restarts; Docker must not.
    RestartPolicy: { Name: 'no' },
    OomScoreAdj: input.oomScoreAdj,
    PidsLimit: PIDS_LIMIT,
    ...dockerResources(container),
    ...security.hostConfig,
  };
  return {
    name: dockerName(pod, container.name, input.attempt),
    Image: input.imageRef,
    Env: input.env.map(({ name, value }) => `${name}=${value}`),
    ...(input.command ? { Entrypoint: input.command } : {}),
    ...(input.args ? { Cmd: input.args } : {}),
    ...(container.workingDir ? { WorkingDir: container.workingDir } : {}),
    ...(security.user === undefined ? {} : { User: security.user }),
    ...(container.lifecycle?.stopSignal ? { StopSignal: container.lifecycle.stopSignal } : {}),
    Tty: container.tty ?? false,
    OpenStdin: container.stdin ?? false,
    StdinOnce: container.stdinOnce ?? false,
    // Images' own health checks would run besides the pod's probes.
    Healthcheck: { Test: ['NONE'] },
    Labels: {
      ...podLabels(pod, input.clusterId, 'container'),
      [LABELS.containerName]: container.name,
      [LABELS.restartCount]: String(input.attempt),
      [LABELS.specHash]: specHash(container),
      [LABELS.sandboxId]: input.sandboxId,
      [LABELS.image]: container.image ?? '',
    },
    HostConfig: hostConfig,
  };
}

export interface SandboxSpecInput {
  pod: Pod;
  clusterId: string;
  attempt: number;
  pauseImage: string;
  podIp: string | undefined;
  hostname: string;
  oomScoreAdj: number;
  dns: { nameservers: string[]; searches: string[]; options: string[] } | undefined;
}

/** The pause container that holds a pod's namespaces. */
export function sandboxSpec(input: SandboxSpecInput): ContainerCreateOptions {
  const { pod, dns } = input;
  const hostNetwork = pod.spec?.hostNetwork === true;
  const sysctls = pod.spec?.securityContext?.sysctls?.map(({ name, value }) => [name, value] as const) ?? [];
  return {
    name: dockerName(pod, 'POD', input.attempt),
    Image: input.pauseImage,
    ...(hostNetwork ? {} : { Hostname: input.hostname }),
    Labels: {
      ...podLabels(pod, input.clusterId, 'sandbox'),
      [LABELS.containerName]: 'POD',
      [LABELS.restartCount]: String(input.attempt),
      ...(input.podIp ? { [LABELS.podIp]: input.podIp } : {}),
    },
    HostConfig: {
      NetworkMode: hostNetwork ? 'host' : 'none',
      IpcMode: pod.spec?.hostIPC ? 'host' : 'shareable',
      ...(pod.spec?.hostPID ? { PidMode: 'host' } : {}),
      ...(dns ? { Dns: dns.nameservers, DnsSearch: dns.searches, DnsOptions: dns.options } : {}),
      ...(sysctls.length > 0 ? { Sysctls: Object.fromEntries(sysctls) } : {}),
      LogConfig: { Type: 'none', Config: {} },
      RestartPolicy: { Name: 'no' },
      // The least share, as upstream gives the sandbox.
      CpuShares: 2,
      OomScoreAdj: input.oomScoreAdj,
      SecurityOpt: ['no-new-privileges'],
    },
  };
}

/** The name the pod calls itself: `spec.hostname` or its own, cut to what the kernel takes. */
export function podHostname(pod: Pod): string {
  const name = pod.spec?.hostname || pod.metadata?.name || '';
  return name.slice(0, 63).replace(/[-.]+$/, '');
}

/** The longest host name the kernel takes. */
const MAX_HOSTNAME = 64;

/** The name of a pod's machine: qualified where it asks for that. Throws upstream's words when that is too long. */
export function sandboxHostname(pod: Pod, clusterDomain: string): string {
  const hostname = podHostname(pod);
  const { subdomain, setHostnameAsFQDN } = pod.spec ?? {};
  if (!setHostnameAsFQDN || !subdomain) return hostname;
  const qualified = `${hostname}.${subdomain}.${pod.metadata?.namespace}.svc.${clusterDomain}`;
  if (qualified.length <= MAX_HOSTNAME) return qualified;
  throw new Error(
    `Failed to construct FQDN from pod hostname and cluster domain, FQDN ${qualified} is too long (${MAX_HOSTNAME} characters is the max, ${qualified.length} characters requested)`,
  );
}

function pidMode(
  pod: Pod,
  { sandboxId, targetId }: Pick<ContainerSpecInput, 'sandboxId' | 'targetId'>,
): Pick<HostConfig, 'PidMode'> {
  if (pod.spec?.hostPID) return { PidMode: 'host' };
  if (pod.spec?.shareProcessNamespace) return { PidMode: `container:${sandboxId}` };
  return targetId === undefined ? {} : { PidMode: `container:${targetId}` };
}

function bindOf(mount: Mount): string {
  const options = [...(mount.readOnly ? ['ro'] : []), ...(mount.propagation ? [mount.propagation] : [])];
  return [mount.hostPath, mount.containerPath, ...(options.length > 0 ? [options.join(',')] : [])].join(':');
}
