import ScrollText from '@lucide/svelte/icons/scroll-text';
import SquareTerminal from '@lucide/svelte/icons/square-terminal';
import type { PodRow } from '../../../shared/view/rows.ts';
import type { App } from '../frame/app.ts';
import type { MenuItem } from '../ui/MenuItems.svelte';
import { commonItems, deleteItem, deleteRows } from './object-actions.ts';

/** What a Pod offers, in menus, on its page and by key. */
export function podItems(app: App, row: PodRow, onPage = false): MenuItem[] {
  const { namespace, name: pod } = row;
  return [
    {
      id: 'logs',
      label: 'Logs',
      key: 'l',
      icon: ScrollText,
      run: () => app.dock.open({ kind: 'logs', namespace, pod }),
    },
    {
      id: 'shell',
      label: 'Shell',
      key: 's',
      icon: SquareTerminal,
      ...(row.ready === 0 && row.state.word !== 'Running' ? { disabledReason: 'No container is running' } : {}),
      run: () => app.dock.open({ kind: 'terminal', namespace, pod }),
    },
    ...commonItems(app, row, onPage),
    deleteItem(() => void deletePods(app, [row])),
  ];
}

/** Asks and deletes; says whether something makes the Pods anew. */
export function deletePods(app: App, rows: readonly PodRow[]): Promise<boolean> {
  const owned = rows.filter((row) => row.owner !== '').length;
  const consequences = [
    owned === rows.length
      ? 'Their containers are stopped. What owns them makes new ones in their place.'
      : owned === 0
        ? 'Their containers are stopped. Nothing owns them, so nothing makes them anew.'
        : `Their containers are stopped. ${owned} of ${rows.length} are made anew by what owns them.`,
  ];
  return deleteRows(app, rows, { consequences });
}
