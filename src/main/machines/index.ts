import type { Duplex } from 'node:stream';
import type { MachinesDeps } from './deps.ts';
import { MachineController } from './machine-controller.ts';

export type { MachinesDeps } from './deps.ts';

/** The machines of the cluster, each over its own connection. */
export interface Machines {
  /** A byte stream to the kubelet API of a node's agent; rejects with a sentence when the machine is not connected. */
  dial(nodeName: string): Promise<Duplex>;
  /** This computer woke up, or its network changed: connections that did not survive are made anew at once. */
  resumed(): void;
  /** Ends every connection; what runs on the machines runs on. */
  stop(): Promise<void>;
}

/** Starts joining, keeping and removing the Machines of the API. Resolves once they are known; joining goes on behind. */
export async function startMachines(deps: MachinesDeps): Promise<Machines> {
  const controller = new MachineController(deps);
  await controller.start();
  return {
    dial: (nodeName) => controller.dial(nodeName),
    resumed: () => controller.resumed(),
    stop: () => controller.stop(),
  };
}
