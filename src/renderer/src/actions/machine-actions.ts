import RefreshCw from '@lucide/svelte/icons/refresh-cw';
import { MACHINES } from '../../../shared/api/kinds.ts';
import { RETRY_ANNOTATION } from '../../../shared/api/machine.ts';
import type { MachineRow } from '../../../shared/view/rows.ts';
import type { App } from '../frame/app.ts';
import { perform } from '../frame/perform.ts';
import type { MenuItem } from '../ui/MenuItems.svelte';
import { isoNow } from '../ui/time-text.ts';
import { commonItems, deleteItem, deleteRows } from './object-actions.ts';

/** What a Machine offers, in menus, on its page and by key. */
export function machineItems(app: App, row: MachineRow, onPage = false): MenuItem[] {
  return [
    ...commonItems(app, row, onPage),
    { id: 'retry', label: 'Try again', key: 'r', icon: RefreshCw, run: () => void retryMachine(app, row) },
    { ...deleteItem(() => void removeMachine(app, row)), label: 'Remove from the cluster' },
  ];
}

/** Asks for another attempt from the phase that failed. */
export function retryMachine(app: App, row: Pick<MachineRow, 'name'>): Promise<boolean> {
  return perform(app, {
    doing: `try ${row.name} again`,
    done: `Trying ${row.name} again`,
    run: () =>
      app.api.patch(MACHINES, { name: row.name }, { metadata: { annotations: { [RETRY_ANNOTATION]: isoNow() } } }),
  });
}

/** Asks with the name typed, then removes: drains, stops the agent and cleans up the host. */
export function removeMachine(app: App, row: MachineRow): Promise<boolean> {
  return deleteRows(app, [row], {
    consequences: [
      'Evicts the Pods of its Node; those with an owner start on other nodes.',
      'Stops the agent and takes its containers, files and network rules off the machine.',
    ],
    typeName: row.name,
  });
}
