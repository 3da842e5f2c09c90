import { MACHINES } from '../../../../../shared/api/kinds.ts';
import { FORCE_REMOVE_ANNOTATION } from '../../../../../shared/api/machine.ts';
import type { App } from '../../../frame/app.ts';
import { perform } from '../../../frame/perform.ts';
import { countText } from '../../../ui/quantity-text.ts';

/** What is to be removed, and what stands on it. */
export interface Removable {
  name: string;
  uid: string;
  /** Pods of its Node; undefined when it never became one. */
  pods: number | undefined;
}

/** What a removal takes with it, line by line. */
export function removalConsequences({ pods }: Removable): string[] {
  const moved =
    pods === undefined
      ? 'It is no Node yet, so no Pods move.'
      : pods === 0
        ? 'No Pods run on it.'
        : `${countText(pods, 'Pod')} stop here; those with an owner start on other Nodes.`;
  return [
    moved,
    "Wheelhouse's containers, files and network rules are taken off the machine. Docker and its other containers stay.",
  ];
}

/** Asks with the name typed, then removes in order: drain, stop, clean up. The page of the machine shows how far it is. */
export async function removeMachine(app: App, machine: Removable): Promise<boolean> {
  const { name, uid } = machine;
  const agreed = await app.confirmations.ask({
    title: `Remove ${name} from the cluster?`,
    consequences: removalConsequences(machine),
    action: 'Remove the machine',
    typeName: name,
  });
  if (!agreed) return false;
  return perform(app, {
    doing: `remove ${name}`,
    done: `Removing ${name}`,
    run: () => app.api.delete(MACHINES, { name }, { uid }),
  });
}

/** Lets a machine go that cannot be reached: nothing is cleaned on it. */
export async function forceRemoveMachine(app: App, machine: Removable): Promise<boolean> {
  const { name, uid } = machine;
  const agreed = await app.confirmations.ask({
    title: `Remove ${name} without cleaning it?`,
    consequences: [
      'The cluster forgets the Machine and its Node. Pods with an owner start on other Nodes.',
      'Whatever Wheelhouse installed on the machine stays there. Should it still run, its containers go on by themselves.',
    ],
    action: 'Remove without cleaning',
    typeName: name,
  });
  if (!agreed) return false;
  return perform(app, {
    doing: `remove ${name}`,
    done: `Removing ${name} without cleaning it`,
    run: async () => {
      await app.api.patch(MACHINES, { name }, { metadata: { annotations: { [FORCE_REMOVE_ANNOTATION]: 'true' } } });
      await app.api.delete(MACHINES, { name }, { uid });
    },
  });
}
