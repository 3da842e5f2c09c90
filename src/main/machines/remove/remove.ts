import { isConflict, isNotFound } from '../../../shared/api/errors.ts';
import { MACHINES, NODES } from '../../../shared/api/kinds.ts';
import { FORCE_REMOVE_ANNOTATION, MACHINE_FINALIZER, type Machine } from '../../../shared/api/machine.ts';
import type { ApiClient } from '../../../shared/client/api-client.ts';
import type { MachinesDeps } from '../deps.ts';
import type { Host } from '../host.ts';
import type { Progress } from '../install/install.ts';
import { cleanHost } from './clean-host.ts';
import { cordon, drain, forgetPods } from './drain.ts';

export const isForced = (machine: Machine): boolean =>
  machine.metadata?.annotations?.[FORCE_REMOVE_ANNOTATION] === 'true';

/** Something of ours is still on the machine: named, and tried again. */
export class LeftBehind extends Error {
  constructor(readonly left: string[]) {
    super(`still on the machine after cleaning: ${left.join(', ')}`);
    this.name = 'LeftBehind';
  }
}

/**
 * Drains the node and takes everything of ours off its machine, in this order: no new pods, stop the pods in order
 * (their agent is still connected), then the agent and whatever it made. Idempotent; rejects with LeftBehind.
 */
export async function vacate(
  host: Host,
  nodeName: string,
  deps: MachinesDeps,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const { client, clusterId, artifacts } = deps;
  const { podCidr } = deps.clusterNetwork;
  await cordon(client, nodeName);
  const stayed = await drain(client, nodeName, progress, signal);
  if (stayed.length > 0) progress(`${stayed.length} pods did not stop in their time and are killed.`);
  const [agentImage, pauseImage] = await Promise.all([artifacts.agentImage(), artifacts.pauseImage()]);
  const input = { clusterId, podCidr, agentImage, pauseImage, keepImages: false };
  const left = await cleanHost(host.docker(), input, progress, signal);
  if (left.length > 0) throw new LeftBehind(left);
}

/** Takes the node out of the API. Only for a node whose containers are gone, or that is given up by the user's word. */
export async function forgetNode(client: ApiClient, nodeName: string): Promise<void> {
  await cordon(client, nodeName);
  await forgetPods(client, nodeName);
  try {
    await client.delete(NODES, { name: nodeName });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** Lets the Machine go. */
export function releaseMachine(client: ApiClient, name: string): Promise<void> {
  return changeFinalizers(client, name, (finalizers) => finalizers.filter((entry) => entry !== MACHINE_FINALIZER));
}

/** Holds the Machine until its host is clean. */
export function holdMachine(client: ApiClient, name: string): Promise<void> {
  return changeFinalizers(client, name, (finalizers) =>
    finalizers.includes(MACHINE_FINALIZER) ? finalizers : [...finalizers, MACHINE_FINALIZER],
  );
}

/** Conflicts are with writers of the status, which come in bursts and are over soon. */
const ATTEMPTS = 5;

async function changeFinalizers(
  client: ApiClient,
  name: string,
  change: (finalizers: string[]) => string[],
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      // Read anew: what the watch has told so far is older than the status we have just written.
      const { metadata } = await client.get(MACHINES, name);
      const finalizers = change(metadata?.finalizers ?? []);
      // With the revision, so that a finalizer that someone else adds meanwhile is not lost.
      const { resourceVersion } = metadata ?? {};
      await client.patch(MACHINES, { name }, { metadata: { finalizers, resourceVersion } });
      return;
    } catch (error) {
      if (isNotFound(error)) return;
      if (!isConflict(error) || attempt === ATTEMPTS) throw error;
    }
  }
}
