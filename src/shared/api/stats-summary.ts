/** What the kubelet API answers at `/stats/summary`: upstream's stats/v1alpha1 Summary, cut to what we fill in. */
export interface StatsSummary {
  node: NodeStats;
  pods: PodStats[];
}

export interface CpuStats {
  time: string;
  /** Over the last sampling interval. */
  usageNanoCores: number;
  usageCoreNanoSeconds: number;
}

export interface MemoryStats {
  time: string;
  /** What counts against the limit and for eviction: usage less inactive file cache. */
  workingSetBytes: number;
  usageBytes: number;
  availableBytes?: number;
}

export interface NodeStats {
  nodeName: string;
  startTime: string;
  cpu: CpuStats;
  memory: MemoryStats;
  fs?: { time: string; availableBytes: number; capacityBytes: number; usedBytes: number };
}

export interface PodStats {
  podRef: { name: string; namespace: string; uid: string };
  startTime: string;
  containers: ContainerStats[];
}

export interface ContainerStats {
  name: string;
  startTime: string;
  cpu: CpuStats;
  memory: MemoryStats;
}
