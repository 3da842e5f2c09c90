import type { Condition, KubeObject, ObjectMeta } from './meta.ts';
import type { V1Taint } from '@kubernetes/client-node';
import type { Wire } from './wire.ts';

/** The phases of joining, in order; each is a condition of `Machine.status`. */
export const MACHINE_PHASES = [
  'Reachable',
  'HostKeyVerified',
  'Authenticated',
  'PreflightPassed',
  'AgentInstalled',
  'NodeReady',
] as const;
export type MachinePhase = (typeof MACHINE_PHASES)[number];

export interface SecretReference {
  namespace: string;
  name: string;
}

/** One hop on the way to a machine that is not directly reachable. */
export interface JumpHost {
  host: string;
  port?: number;
  user: string;
  credentialRef?: SecretReference;
  hostKeySha256?: string;
}

export interface MachineSpec {
  /** Name or address; `local` with `connection: Local` means this computer. */
  host: string;
  /** SSH unless said otherwise; Local talks to this computer's own Docker socket. */
  connection?: 'SSH' | 'Local';
  /** Default 22. */
  port?: number;
  /** Default root. */
  user?: string;
  /** A Secret of type `wheelhouse.dev/ssh` with `privateKey` and `passphrase`, or `password`. Without one, the SSH agent and default keys are tried. */
  credentialRef?: SecretReference;
  /** The host key the user has agreed to, as OpenSSH prints it: `SHA256:…`. Set by consent; a machine that shows another is refused. */
  hostKeySha256?: string;
  jump?: JumpHost;
  /** Name of the Node; default: the Machine's own name. */
  nodeName?: string;
  labels?: Record<string, string>;
  taints?: Wire<V1Taint>[];
  docker?: DockerConsent;
}

/** What the user agrees to have changed in the machine's Docker. */
export interface DockerConsent {
  /** Switch live-restore on in daemon.json, so that pods live through restarts and upgrades of Docker; taken back on removal. */
  liveRestore?: boolean;
}

/** One fact that preflight looked at. */
export interface PreflightCheck {
  /** Stable id: architecture, kernel, cgroups, docker, docker-access, sudo, disk, memory, clock, hostname, cidr, leftovers. */
  name: string;
  result: 'ok' | 'warn' | 'fail';
  /** What was found, as a sentence with the value. */
  message: string;
  /** What to do about a warning or failure. */
  fix?: string;
}

export interface MachineStatus {
  conditions?: Condition[];
  /** `Joining`, `WaitingForConsent`, `Ready`, `Failed`, `Disconnected`, `Removing`: a summary of the conditions. */
  phase?: 'Joining' | 'WaitingForConsent' | 'Ready' | 'Failed' | 'Disconnected' | 'Removing';
  /** The key the machine showed, also while it is not yet trusted. */
  observedHostKeySha256?: string;
  /** Authentication methods in the order they were tried, with the outcome of each. */
  authenticationTried?: { method: string; detail?: string; outcome: 'accepted' | 'refused' | 'unavailable' }[];
  preflight?: PreflightCheck[];
  /** What the machine itself said at the step that failed, cut to 4 KiB. */
  lastOutput?: string;
  nodeName?: string;
  addresses?: string[];
  agentVersion?: string;
  observedGeneration?: number;
  lastConnectedTime?: string;
}

/** A machine that is, or is to become, a node: `machines.wheelhouse.dev/v1alpha1`, cluster-scoped. */
export interface Machine extends KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
  spec?: MachineSpec;
  status?: MachineStatus;
}

export const SSH_SECRET_TYPE = 'wheelhouse.dev/ssh';
/** Held by a Machine until its containers, files and rules are gone from the host. */
export const MACHINE_FINALIZER = 'machines.wheelhouse.dev/cleanup';
/** Annotation (value: any new string) that asks for another attempt from the first failed phase. */
export const RETRY_ANNOTATION = 'machines.wheelhouse.dev/retry-at';
/** Node label that marks a simulated node; its pods carry the same annotation upstream KWOK uses. */
export const SIMULATED_LABEL = 'wheelhouse.dev/simulated';
/** Annotation (value `"true"`): a Machine that is being deleted is let go without cleaning its host, which will not come back. */
export const FORCE_REMOVE_ANNOTATION = 'machines.wheelhouse.dev/force-remove';
