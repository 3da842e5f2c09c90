import type { Row } from '../../../shared/view/rows.ts';
import type { App } from '../frame/app.ts';
import type { MenuItem } from '../ui/MenuItems.svelte';
import { deploymentItems } from './deployment-actions.ts';
import { machineItems } from './machine-actions.ts';
import { namespaceItems } from './namespace-actions.ts';
import { nodeItems } from './node-actions.ts';
import { commonItems, deleteItem, deleteRows } from './object-actions.ts';
import { podItems } from './pod-actions.ts';

const CONSEQUENCE: Record<'replicasets' | 'configmaps' | 'secrets' | 'serviceaccounts' | 'events', string> = {
  replicasets: 'Deletes its Pods too. A Deployment that owns it makes it anew.',
  configmaps: 'Pods that read it keep what they have; new ones cannot start without it.',
  secrets: 'Pods that read it keep what they have; new ones cannot start without it.',
  serviceaccounts: 'Pods that use it cannot be made any more.',
  events: 'Only the record is deleted; what it tells of stays.',
};

/** What any row offers. `onPage` leaves out what makes no sense on the object's own page. */
export function rowItems(app: App, row: Row, onPage = false): MenuItem[] {
  switch (row.resource) {
    case 'pods':
      return podItems(app, row, onPage);
    case 'deployments':
      return deploymentItems(app, row, onPage);
    case 'nodes':
      return nodeItems(app, row, onPage);
    case 'machines':
      return machineItems(app, row, onPage);
    case 'namespaces':
      return namespaceItems(app, row, onPage);
    case 'events':
      return commonItems(app, row, onPage).filter((item) => item.id === 'edit');
    default:
      return [
        ...commonItems(app, row, onPage),
        deleteItem(() => void deleteRows(app, [row], { consequences: [CONSEQUENCE[row.resource]] })),
      ];
  }
}
