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

/** What an interface has carried since it was made. */
export interface InterfaceStats {
  name: string;
  rxBytes: number;
  rxErrors: number;
  txBytes: number;
  txErrors: number;
}

/** The default interface's figures, and those of all. */
export interface NetworkStats extends InterfaceStats {
  time: string;
  interfaces: InterfaceStats[];
}

export interface FsStats {
  time: string;
  availableBytes: number;
  capacityBytes: number;
  usedBytes: number;
  /** Left out where the file system counts no inodes. */
  inodesFree?: number;
  inodes?: number;
  inodesUsed?: number;
}

export interface NodeStats {
  nodeName: string;
  startTime: string;
  cpu: CpuStats;
  memory: MemoryStats;
  network?: NetworkStats;
  /** The file system pods' files and, on one disk with it, Docker's data are on. */
  fs?: FsStats;
  runtime?: { imageFs: FsStats; containerFs: FsStats };
  /** Processes and threads of the machine, and how many there may be. */
  rlimit?: { time: string; maxpid: number; curproc: number };
}

export interface PodStats {
  podRef: { name: string; namespace: string; uid: string };
  startTime: string;
  containers: ContainerStats[];
  /** The sums over its containers. */
  cpu?: CpuStats;
  memory?: MemoryStats;
  /** None for a pod on the machine's own network. */
  network?: NetworkStats;
}

export interface ContainerStats {
  name: string;
  startTime: string;
  cpu: CpuStats;
  memory: MemoryStats;
}
