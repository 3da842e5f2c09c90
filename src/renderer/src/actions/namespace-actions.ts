import ListFilter from '@lucide/svelte/icons/list-filter';
import type { NamespaceRow } from '../../../shared/view/rows.ts';
import type { App } from '../frame/app.ts';
import { hrefOf } from '../frame/routes.ts';
import type { MenuItem } from '../ui/MenuItems.svelte';
import { countText } from '../ui/quantity-text.ts';
import { commonItems, deleteItem, deleteRows } from './object-actions.ts';

/** Namespaces that the API server itself needs and refuses to delete. */
const BUILT_IN: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public', 'kube-node-lease']);

/** What a Namespace offers, in menus and by key. */
export function namespaceItems(app: App, row: NamespaceRow, onPage = false): MenuItem[] {
  const remove = deleteItem(() => void deleteNamespace(app, row));
  return [
    {
      id: 'pods',
      label: 'Show its Pods',
      key: 'p',
      icon: ListFilter,
      run: () => app.router.go(hrefOf({ place: 'pods', namespace: row.name })),
    },
    ...commonItems(app, row, onPage),
    BUILT_IN.has(row.name) ? { ...remove, disabledReason: 'Kubernetes needs this Namespace' } : remove,
  ];
}

/** Asks with the name typed, then deletes it with all that is in it. */
function deleteNamespace(app: App, row: NamespaceRow): Promise<boolean> {
  return deleteRows(app, [row], {
    consequences: [
      `Deletes ${countText(row.podCount, 'Pod')} and everything else in it: Deployments, ConfigMaps, Secrets.`,
    ],
    typeName: row.name,
  });
}
