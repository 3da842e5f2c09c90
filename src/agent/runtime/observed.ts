/** What Docker is seen to run for a pod, in the kubelet's terms. All times are milliseconds since the epoch. */

export interface ObservedContainer {
  id: string;
  /** Name in the pod's spec. */
  name: string;
  /** How often this container had been started before, as kubelet's restart count. */
  attempt: number;
  /** The sandbox whose namespaces it joined. */
  sandboxId: string;
  /** `created`: made but never started; `exited` also covers one that could not be started (`startError`). */
  state: 'created' | 'running' | 'exited';
  createdAt: number;
  startedAt?: number;
  finishedAt?: number;
  exitCode: number;
  oomKilled: boolean;
  /** The runtime's words when the process could not be started. */
  startError?: string;
  /** The image as the spec wrote it. */
  image: string;
  /** Docker's image id, `sha256:…`. */
  imageId: string;
  /** Hash of the part of the spec whose change needs a new container. */
  specHash: string;
  /** Process id in the machine's PID namespace; 0 when not running. */
  pid: number;
  stopSignal: string;
  tty: boolean;
}

export interface ObservedSandbox {
  id: string;
  attempt: number;
  running: boolean;
  createdAt: number;
  pid: number;
  /** Address given to it when it was made; none for a pod on the machine's own network. */
  podIp?: string;
}

export interface ObservedPod {
  uid: string;
  name: string;
  namespace: string;
  /** Newest first. */
  sandboxes: ObservedSandbox[];
  /** Newest first. */
  containers: ObservedContainer[];
}

/** The newest container of that name: what the pod's status is about. */
export function currentOf(observed: ObservedPod, name: string): ObservedContainer | undefined {
  return observed.containers.find((container) => container.name === name);
}

/** The one before the current: `lastState`, and what `logs --previous` reads. */
export function previousOf(observed: ObservedPod, name: string): ObservedContainer | undefined {
  return observed.containers.filter((container) => container.name === name)[1];
}
