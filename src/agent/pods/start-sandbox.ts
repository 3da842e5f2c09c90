import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '../../shared/api/kinds.ts';
import { hostPortsOf } from '../hostports/host-ports.ts';
import { parseResolvConf, podDns, usesDnsOfMachine, type ClusterDns, type DnsSettings } from '../network/pod-dns.ts';
import { sandboxHostname, sandboxSpec } from '../runtime/container-spec.ts';
import { dockerMessage, isDockerDown } from '../runtime/docker-error.ts';
import { MACHINE_ROOT } from '../volumes/host-path.ts';
import type { PodDirectory } from '../volumes/pod-directory.ts';
import { MountError } from '../volumes/volume-setup.ts';
import { surroundings } from './start-container.ts';
import type { WorkerDeps } from './worker-deps.ts';

/** Pause must outlive what it holds the namespaces of (pkg/kubelet/qos: PodInfraOOMAdj). */
const SANDBOX_OOM_SCORE = -998;

export type SandboxOutcome = { kind: 'started' } | { kind: 'waiting'; retryAt: number };

/** Sets up a pod's volumes, then its pause container and network. Failures become upstream's events and a time to try again. */
export async function startSandbox(
  deps: WorkerDeps,
  pod: Pod,
  attempt: number,
  directory: PodDirectory,
): Promise<SandboxOutcome> {
  const { events, network, clock } = deps;
  const hostNetwork = pod.spec?.hostNetwork === true;
  if (!hostNetwork && !network.podCidr) {
    const why =
      'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:no pod range';
    events.podEvent(pod, 'Warning', 'NetworkNotReady', `network is not ready: ${why}`);
    return { kind: 'waiting', retryAt: clock.now() + 10_000 };
  }
  try {
    await deps.volumes.setUp(pod, directory, await deps.objects.referenced(pod), surroundings(deps, pod, undefined));
    await create(deps, pod, attempt, hostNetwork);
    return { kind: 'started' };
  } catch (error) {
    if (error instanceof MountError) {
      events.podEvent(pod, 'Warning', 'FailedMount', error.message);
    } else {
      if (isDockerDown(error)) deps.log.warn({ err: error, uid: pod.metadata?.uid }, 'cannot make a sandbox');
      events.podEvent(
        pod,
        'Warning',
        'FailedCreatePodSandBox',
        `Failed to create pod sandbox: ${dockerMessage(error)}`,
      );
    }
    return { kind: 'waiting', retryAt: clock.now() + 10_000 };
  }
}

async function create(deps: WorkerDeps, pod: Pod, attempt: number, hostNetwork: boolean): Promise<void> {
  const { runtime, network, addresses, policies } = deps;
  const podIp = hostNetwork ? undefined : await addresses.allocate(pod.metadata?.uid ?? '', network.podCidr ?? '');
  const spec = sandboxSpec({
    pod,
    clusterId: deps.clusterId,
    attempt,
    pauseImage: deps.pauseImage,
    podIp,
    oomScoreAdj: SANDBOX_OOM_SCORE,
    hostname: sandboxHostname(pod, deps.clusterDomain),
    dns: usesDnsOfMachine(pod) ? undefined : podDns(pod, await machineDns(), clusterDns(deps)),
  });
  const id = await runtime.createAndStart(spec);
  if (podIp === undefined) return;
  try {
    const { State: state } = await runtime.docker.getContainer(id).inspect();
    // Its NetworkPolicies hold from its first packet on.
    await policies.settle();
    if (hostPortsOf(pod).length > 0) await deps.hostPorts.settle();
    await network.attach({ id, pid: state.Pid, podIp });
  } catch (error) {
    // Half a sandbox is none.
    await runtime.remove(id);
    throw error;
  }
}

/** Gives back what a pod's sandbox had of the machine's network. */
export async function releaseNetwork(deps: WorkerDeps, pod: Pod): Promise<void> {
  await deps.addresses.release(pod.metadata?.uid ?? '');
  // Before the address is another pod's.
  if (hostPortsOf(pod).length > 0) await deps.hostPorts.settle();
}

function clusterDns({ services, clusterDomain }: WorkerDeps): ClusterDns | undefined {
  const server = services.clusterDnsIp;
  return server === undefined ? undefined : { server, domain: clusterDomain };
}

/** The machine's resolvers; behind systemd-resolved's stub those it asks itself. */
async function machineDns(): Promise<DnsSettings> {
  const ofMachine = parseResolvConf(await readFile(join(MACHINE_ROOT, 'etc/resolv.conf'), 'utf8').catch(noFile));
  if (ofMachine.nameservers.length > 0) return ofMachine;
  return parseResolvConf(await readFile(join(MACHINE_ROOT, 'run/systemd/resolve/resolv.conf'), 'utf8').catch(noFile));
}

function noFile(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '';
  throw error;
}
