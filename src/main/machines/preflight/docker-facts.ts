import type Docker from 'dockerode';
import { CONTAINER_LABELS } from '../../../shared/agent-config.ts';
import { messageOf } from '../../../shared/api/errors.ts';
import { ChannelRefused } from '../host.ts';

/** What the machine's Docker says of itself, or why it says nothing. */
export type DockerFacts =
  | {
      kind: 'answers';
      version: string;
      apiVersion: string;
      /** `amd64`, `arm64`. */
      architecture: string;
      rootDir: string;
      rootless: boolean;
      /** Containers any Wheelhouse made here. */
      containers: { name: string; cluster: string; role: string; running: boolean }[];
    }
  | { kind: 'silent'; why: 'forwarding-forbidden' | 'unreachable'; message: string };

/** Asks Docker; runs beside the script, over the same connection. */
export async function readDockerFacts(docker: Docker): Promise<DockerFacts> {
  try {
    const [version, info, containers] = await Promise.all([
      docker.version(),
      docker.info() as Promise<{ DockerRootDir?: string; SecurityOptions?: string[] | null }>,
      docker.listContainers({ all: true, filters: { label: [CONTAINER_LABELS.cluster] } }),
    ]);
    return {
      kind: 'answers',
      version: version.Version,
      apiVersion: version.ApiVersion,
      architecture: version.Arch,
      rootDir: info.DockerRootDir ?? '/var/lib/docker',
      rootless: (info.SecurityOptions ?? []).some((option) => option.includes('name=rootless')),
      containers: containers.map((container) => ({
        name: (container.Names[0] ?? container.Id).replace(/^\//, ''),
        cluster: container.Labels[CONTAINER_LABELS.cluster] ?? '',
        role: container.Labels[CONTAINER_LABELS.role] ?? '',
        running: container.State === 'running',
      })),
    };
  } catch (error) {
    const forbidden = error instanceof ChannelRefused && error.why === 'forbidden';
    return {
      kind: 'silent',
      why: forbidden ? 'forwarding-forbidden' : 'unreachable',
      message: messageOf(error),
    };
  }
}
