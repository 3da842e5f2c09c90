import type { Lease, Node } from '../../shared/api/kinds.ts';
import { SIMULATED_LABEL } from '../../shared/api/machine.ts';

const stamp = (now: number): string => new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');

/** `sim-0001`, …: simulated nodes say what they are by name too. */
export const simulatedNodeName = (index: number): string => `sim-${String(index + 1).padStart(4, '0')}`;

/** Index of a simulated node's name, or undefined. */
export function simulatedNodeIndex(name: string): number | undefined {
  const match = /^sim-(\d{4,})$/.exec(name);
  return match ? Number(match[1]) - 1 : undefined;
}

/** Addresses from 100.64.0.0/10 (shared address space): 16,384 pod networks of /24, none of which real pods use. */
export const simulatedPodCidr = (index: number): string => `100.${64 + (index >> 8)}.${index & 255}.0/24`;
export const simulatedAddress = (index: number): string => `100.${64 + (index >> 8)}.${index & 255}.1`;

export const isSimulatedNode = (node: Node): boolean => node.metadata?.labels?.[SIMULATED_LABEL] === 'true';

/** A Node as a kubelet would register it, marked as simulated for us (label) and for KWOK tools (annotation, type). */
export function simulatedNode(index: number, version: string): Node {
  const name = simulatedNodeName(index);
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        type: 'kwok',
        [SIMULATED_LABEL]: 'true',
      },
      annotations: { 'kwok.x-k8s.io/node': 'fake' },
    },
    spec: { podCIDR: simulatedPodCidr(index), podCIDRs: [simulatedPodCidr(index)] },
    status: {
      capacity: { cpu: '8', memory: '32Gi', 'ephemeral-storage': '100Gi', pods: '110' },
      allocatable: { cpu: '8', memory: '32Gi', 'ephemeral-storage': '100Gi', pods: '110' },
      addresses: [
        { type: 'InternalIP', address: simulatedAddress(index) },
        { type: 'Hostname', address: name },
      ],
      nodeInfo: {
        architecture: 'amd64',
        bootID: '',
        containerRuntimeVersion: 'simulated://1',
        kernelVersion: 'simulated',
        kubeProxyVersion: '',
        kubeletVersion: version,
        machineID: name,
        operatingSystem: 'linux',
        osImage: 'Simulated machine',
        systemUUID: name,
      },
    },
  };
}

/** The conditions a healthy kubelet posts. */
export function healthyConditions(now: number): NonNullable<NonNullable<Node['status']>['conditions']> {
  const condition = (type: string, status: string, reason: string, message: string) => ({
    type,
    status,
    reason,
    message,
    lastHeartbeatTime: stamp(now),
    lastTransitionTime: stamp(now),
  });
  return [
    condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
  ];
}

/** A node's heartbeat, as a kubelet writes it: 40 s, renewed every 10. */
export function nodeLease(node: Node, now: number): Lease {
  const name = node.metadata?.name ?? '';
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name,
      namespace: 'kube-node-lease',
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid: node.metadata?.uid ?? '' }],
    },
    spec: {
      holderIdentity: name,
      leaseDurationSeconds: 40,
      renewTime: new Date(now).toISOString().replace('Z', '000Z'),
    },
  };
}
