import { apiVersionOf, MACHINES, type Node } from '../../shared/api/kinds.ts';
import type { Machine } from '../../shared/api/machine.ts';
import type { EventRecorder, Regarding } from '../../shared/client/event-recorder.ts';
import type { Informer } from '../../shared/client/informer.ts';
import type { WorkQueue } from '../../shared/client/work-queue.ts';
import type { MachinesDeps } from './deps.ts';
import type { MachineRegistry } from './machine-registry.ts';

/** What the controller's two halves, joining and removing, both use. */
export interface SharedParts {
  deps: MachinesDeps;
  nodes: Informer<Node>;
  queue: WorkQueue;
  registry: MachineRegistry;
  events: EventRecorder;
}

/** A Machine as the subject of an event: what comes from a list may lack its kind. */
export function regarding(machine: Machine): Regarding {
  return { ...machine, kind: MACHINES.kind, apiVersion: apiVersionOf(MACHINES) };
}
