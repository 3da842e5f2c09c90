import type { AgentConfig } from '../../shared/agent-config.ts';
import type { Node } from '../../shared/api/kinds.ts';
import { formatBytes, formatMilli } from '../../shared/api/quantity.ts';
import { kubeTime } from '../pods/container-status.ts';
import type { Pressure } from '../eviction/thresholds.ts';
import type { MachineFacts } from './machine-facts.ts';

export type NodeStatus = NonNullable<Node['status']>;
export type NodeCondition = NonNullable<NodeStatus['conditions']>[number];

/** The Kubernetes version this agent behaves as. */
const KUBERNETES_VERSION = 'v1.34.0';
/** The kubelet’s maxPods. */
export const MAX_PODS = 110;
/** Left for the system, Docker and the agent: a small machine still runs its SSH server under load. */
const RESERVED_MILLI_CPU = 50;
const RESERVED_MEMORY_BYTES = 100 * 2 ** 20;
/** What the hard eviction thresholds take away of what pods may ask for: memory.available and nodefs.available. */
const MIN_MEMORY_BYTES = 100 * 2 ** 20;
const MIN_DISK_RATIO = 0.1;

export interface Resources {
  milliCpu: number;
  memoryBytes: number;
}

export const capacityOf = (facts: MachineFacts): Resources => ({
  milliCpu: facts.cpus * 1000,
  memoryBytes: facts.memoryBytes,
});

/** What pods may ask for: the capacity less what the machine itself needs, and less the eviction threshold. */
export const allocatableOf = (facts: MachineFacts): Resources => ({
  milliCpu: facts.cpus * 1000 - RESERVED_MILLI_CPU,
  memoryBytes: facts.memoryBytes - RESERVED_MEMORY_BYTES - MIN_MEMORY_BYTES,
});

/** The address the node is known by: the configured one if the machine has it, else its first. */
export function internalIp(config: AgentConfig, facts: MachineFacts): string {
  if (config.nodeIp && facts.addresses.includes(config.nodeIp)) return config.nodeIp;
  return facts.addresses[0] ?? config.nodeIp ?? '127.0.0.1';
}

export interface NodeStatusInput {
  config: AgentConfig;
  facts: MachineFacts;
  pressures: ReadonlySet<Pressure>;
  images: { names: string[]; sizeBytes: number }[];
  /** Why pods cannot be run now; undefined when they can. */
  notReady: string | undefined;
  before: NodeCondition[];
  now: number;
}

/** The Node's status as the kubelet reports it (pkg/kubelet/nodestatus), words and order included. */
export function nodeStatus(input: NodeStatusInput): NodeStatus {
  const { config, facts, pressures } = input;
  const version = `${KUBERNETES_VERSION}+wheelhouse.${config.version}`;
  const resources = ({ milliCpu, memoryBytes }: Resources, disk: number): Record<string, string> => ({
    cpu: formatMilli(milliCpu),
    'ephemeral-storage': formatBytes(Math.floor(disk / 1024) * 1024),
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    memory: formatBytes(Math.floor(memoryBytes / 1024) * 1024),
    pods: String(MAX_PODS),
  });
  const condition = conditionMaker(input);
  return {
    addresses: [
      { type: 'InternalIP', address: internalIp(config, facts) },
      { type: 'Hostname', address: facts.hostname },
    ],
    capacity: resources(capacityOf(facts), facts.diskBytes),
    allocatable: resources(allocatableOf(facts), facts.diskBytes * (1 - MIN_DISK_RATIO)),
    conditions: [
      condition('MemoryPressure', pressures.has('MemoryPressure'), PRESSURE.memory),
      condition('DiskPressure', pressures.has('DiskPressure'), PRESSURE.disk),
      condition('PIDPressure', pressures.has('PIDPressure'), PRESSURE.pid),
      condition('Ready', input.notReady === undefined, {
        yes: ['KubeletReady', 'kubelet is posting ready status'],
        no: ['KubeletNotReady', input.notReady ?? ''],
      }),
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    // Docker tells of one way to run containers, and offers neither of what these are about.
    features: { supplementalGroupsPolicy: false },
    runtimeHandlers: [{ name: '', features: { recursiveReadOnlyMounts: false, userNamespaces: false } }],
    images: input.images,
    nodeInfo: {
      architecture: facts.architecture,
      bootID: facts.bootId,
      containerRuntimeVersion: `docker://${facts.dockerVersion}`,
      kernelVersion: facts.kernelVersion,
      kubeProxyVersion: '',
      kubeletVersion: version,
      machineID: facts.machineId,
      operatingSystem: 'linux',
      osImage: facts.osImage,
      systemUUID: facts.systemUuid,
    },
  };
}

interface Words {
  yes: [reason: string, message: string];
  no: [reason: string, message: string];
}

const PRESSURE = {
  memory: {
    yes: ['KubeletHasInsufficientMemory', 'kubelet has insufficient memory available'],
    no: ['KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  },
  disk: {
    yes: ['KubeletHasDiskPressure', 'kubelet has disk pressure'],
    no: ['KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  },
  pid: {
    yes: ['KubeletHasInsufficientPID', 'kubelet has insufficient PID available'],
    no: ['KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  },
} satisfies Record<string, Words>;

function conditionMaker({
  before,
  now,
}: NodeStatusInput): (type: string, holds: boolean, words: Words) => NodeCondition {
  const time = kubeTime(now);
  return (type, holds, words) => {
    const status = holds ? 'True' : 'False';
    const [reason, message] = holds ? words.yes : words.no;
    const old = before.find((condition) => condition.type === type);
    const since = old?.status === status && old.lastTransitionTime ? old.lastTransitionTime : time;
    return { type, status, lastHeartbeatTime: time, lastTransitionTime: since, reason, message };
  };
}

/** Whether two statuses differ in more than the time of the heartbeat: the reason to report before it is due. */
export function statusChanged(a: NodeStatus, b: NodeStatus): boolean {
  const comparable = (status: NodeStatus): string =>
    JSON.stringify({
      ...status,
      conditions: (status.conditions ?? []).map(({ type, status: value, reason, message }) => [
        type,
        value,
        reason,
        message,
      ]),
    });
  return comparable(a) !== comparable(b);
}
