import type { PreflightCheck } from '../../../shared/api/machine.ts';
import type { DockerFacts } from './docker-facts.ts';
import type { HostFacts } from './facts.ts';

/** Another machine of this cluster, as far as it can clash with the one that is looked at. */
export interface Neighbour {
  /** The name of its Node. */
  name: string;
  hostname?: string;
  machineId?: string;
}

/** Everything the checks judge; gathered first, so that each check is a pure function. */
export interface Findings {
  host: HostFacts;
  docker: DockerFacts;
  clock: {
    /** Milliseconds the machine's clock is ahead of ours (negative: behind). */
    skewMs: number;
    /** Half the round trip: the skew is known no better than this. */
    uncertaintyMs: number;
  };
  /** What this machine would be called, and the others. */
  nodeName: string;
  /** The node name was chosen by hand, so that it does not follow the hostname. */
  nodeNameChosen: boolean;
  neighbours: Neighbour[];
  clusterId: string;
  podCidr: string;
  serviceCidr: string;
  /** Architecture of the agent image, in Docker's words. */
  imageArchitecture: 'amd64' | 'arm64';
}

export type Check = (findings: Findings) => PreflightCheck;

export const ok = (name: string, message: string): PreflightCheck => ({ name, result: 'ok', message });
export const warn = (name: string, message: string, fix: string): PreflightCheck => ({
  name,
  result: 'warn',
  message,
  fix,
});
export const fail = (name: string, message: string, fix: string): PreflightCheck => ({
  name,
  result: 'fail',
  message,
  fix,
});

/** `3.2 GiB`, `740 MiB`. */
export function inUnits(bytes: number): string {
  const mebibytes = bytes / 2 ** 20;
  return mebibytes >= 1024 ? `${(mebibytes / 1024).toFixed(1)} GiB` : `${Math.round(mebibytes)} MiB`;
}
