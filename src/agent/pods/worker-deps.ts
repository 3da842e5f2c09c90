import type { Container, Node, Pod } from '../../shared/api/kinds.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import type { Clock, Logger } from '../../shared/logger.ts';
import type { EventJournal } from '../events/event-journal.ts';
import type { NodeHostPorts } from '../hostports/node-host-ports.ts';
import type { PodAddresses } from '../network/pod-addresses.ts';
import type { PodNetwork } from '../network/pod-network.ts';
import type { NodePolicies } from '../policy/node-policies.ts';
import type { Prober } from '../probes/prober.ts';
import type { NodeServices } from '../proxy/node-services.ts';
import type { DockerRuntime } from '../runtime/docker-runtime.ts';
import type { ImagePuller } from '../runtime/image-puller.ts';
import type { ImageStore } from '../runtime/image-store.ts';
import type { Checkpoint } from '../state/checkpoint.ts';
import type { ObjectSource } from '../state/object-source.ts';
import type { VolumeSetup } from '../volumes/volume-setup.ts';
import { allContainersOf } from './pod-containers.ts';
import type { StatusReporter } from './status-reporter.ts';

/** What the agent knows about its own machine, for pods. */
export interface MachineView {
  hostIp: string;
  allocatable: { milliCpu: number; memoryBytes: number };
  memoryCapacityBytes: number;
  /** How many pods may run here. */
  maxPods: number;
  /** Our own Node as last seen; undefined until it has been. */
  node: () => Node | undefined;
}

/** Everything a pod's worker works with; made once, shared by all. */
export interface WorkerDeps {
  client: ApiClient;
  runtime: DockerRuntime;
  images: ImageStore;
  puller: ImagePuller;
  objects: ObjectSource;
  volumes: VolumeSetup;
  network: PodNetwork;
  addresses: PodAddresses;
  policies: Pick<NodePolicies, 'settle'>;
  hostPorts: Pick<NodeHostPorts, 'settle' | 'start'>;
  events: EventJournal;
  checkpoint: Checkpoint;
  reporter: StatusReporter;
  prober: Prober;
  /** What pods are told of Services, and where they ask for names. */
  services: Pick<NodeServices, 'services' | 'clusterDnsIp'>;
  clusterDomain: string;
  machine: MachineView;
  clusterId: string;
  pauseImage: string;
  /** Where pods' files are. */
  podsRoot: string;
  clock: Clock;
  log: Logger;
}

/** A container could not be started; `reason` and `message` go into its status. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure';
  constructor(
    readonly reason: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What a start came to. */
export type StartOutcome =
  | { kind: 'started'; id: string }
  /** Its image is being pulled; the worker is called when that ends. */
  | { kind: 'pulling' }
  | { kind: 'refused'; reason: string; message: string; retryAt: number };

/** The container of a pod's spec with this name, init and ephemeral containers included. */
export function containerOf(pod: Pod, name: string): Container | undefined {
  return allContainersOf(pod).find((each) => each.name === name);
}
