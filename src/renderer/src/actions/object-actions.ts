import FileCode2 from '@lucide/svelte/icons/file-code-2';
import ListTree from '@lucide/svelte/icons/list-tree';
import SquareArrowOutUpRight from '@lucide/svelte/icons/square-arrow-out-up-right';
import Trash2 from '@lucide/svelte/icons/trash-2';
import type { Row } from '../../../shared/view/rows.ts';
import type { App } from '../frame/app.ts';
import { perform, performAll } from '../frame/perform.ts';
import { hrefOf } from '../frame/routes.ts';
import type { MenuItem } from '../ui/MenuItems.svelte';
import { countText } from '../ui/quantity-text.ts';
import { TYPE_OF } from './resource-types.ts';

/** Address of a row's own page. */
export function hrefOfRow(row: Row): string {
  return hrefOf({ place: row.resource, namespace: row.namespace, name: row.name });
}

/** Open, edit and describe: what every object offers. `open` is left out on the object's own page. */
export function commonItems(app: App, row: Row, onPage = false): MenuItem[] {
  return [
    ...(onPage
      ? []
      : [
          {
            id: 'open',
            label: 'Open',
            key: 'Enter',
            icon: SquareArrowOutUpRight,
            run: () => app.router.go(hrefOfRow(row)),
          },
        ]),
    {
      id: 'edit',
      label: 'Edit YAML',
      key: 'e',
      icon: FileCode2,
      run: () => app.dock.open({ kind: 'yaml', resource: row.resource, namespace: row.namespace, name: row.name }),
    },
    {
      id: 'describe',
      label: 'Describe',
      key: 'd',
      icon: ListTree,
      run: () =>
        app.router.go(
          hrefOf({ place: row.resource, namespace: row.namespace, name: row.name, query: { tab: 'events' } }),
        ),
    },
  ];
}

/** Asks, then deletes the rows' objects. A uid precondition keeps a namesake that came meanwhile. */
export async function deleteRows(
  app: App,
  rows: readonly Row[],
  question: { consequences: readonly string[]; typeName?: string },
): Promise<boolean> {
  const [first] = rows;
  if (!first) return false;
  const kind = TYPE_OF[first.resource].kind;
  const what = rows.length === 1 ? `${kind} ${first.name}` : countText(rows.length, kind);
  const agreed = await app.confirmations.ask({ title: `Delete ${what}?`, action: `Delete ${what}`, ...question });
  if (!agreed) return false;
  const run = (row: Row): Promise<void> =>
    app.api.delete(
      TYPE_OF[row.resource],
      { name: row.name, namespace: row.namespace },
      { uid: row.uid, propagationPolicy: 'Background' },
    );
  if (rows.length === 1)
    return perform(app, { doing: `delete ${what}`, done: `Deleted ${what}`, run: () => run(first) });
  await performAll(app, rows, { doing: `delete ${what}`, done: `Deleted ${what}`, run });
  return true;
}

/** The last item of a menu. */
export function deleteItem(run: () => void): MenuItem {
  return { id: 'delete', label: 'Delete', key: 'Delete', icon: Trash2, danger: true, separated: true, run };
}

/** Runs the enabled item that has this key. Returns whether there was one: menus are the one place that says what a key does. */
export function runKey(items: readonly MenuItem[], key: string): boolean {
  const item = items.find((one) => one.key === key && one.disabledReason === undefined);
  item?.run();
  return item !== undefined;
}
