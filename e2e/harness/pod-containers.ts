// Pods as the machine's own Docker has them.
import { runIn, type MachineRef } from '../testbed/machine.ts';

const PODS = ['--filter', 'label=wheelhouse.dev/role=container'];

/** The ids of a pod's running containers on a machine, without its sandbox. */
export async function containersOf(machine: MachineRef, pod: string): Promise<string[]> {
  const named = ['--filter', `label=io.kubernetes.pod.name=${pod}`];
  return lines(await runIn(machine, ['docker', 'ps', '-q', '--no-trunc', ...PODS, ...named]));
}

/** Kills a pod's containers with SIGKILL behind the agent's back, as a crash does. */
export async function killContainers(machine: MachineRef, pod: string): Promise<void> {
  const ids = await containersOf(machine, pod);
  if (ids.length === 0) throw new Error(`no container of ${pod} runs on ${machine.name}`);
  await runIn(machine, ['docker', 'kill', ...ids]);
}

/** The names of all containers on a machine, running or not. */
export async function allContainers(machine: MachineRef): Promise<string[]> {
  return lines(await runIn(machine, ['docker', 'ps', '-a', '--format', '{{.Names}}']));
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');
