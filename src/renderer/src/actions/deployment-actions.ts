import History from '@lucide/svelte/icons/history';
import ImageUp from '@lucide/svelte/icons/image-up';
import RotateCw from '@lucide/svelte/icons/rotate-cw';
import Scaling from '@lucide/svelte/icons/scaling';
import { DEPLOYMENTS } from '../../../shared/api/kinds.ts';
import type { DeploymentRow } from '../../../shared/view/rows.ts';
import type { App } from '../frame/app.ts';
import { perform } from '../frame/perform.ts';
import type { MenuItem } from '../ui/MenuItems.svelte';
import { countText } from '../ui/quantity-text.ts';
import { isoNow } from '../ui/time-text.ts';
import { restartedAt, restartPatch } from './deployment-operations.ts';
import { commonItems, deleteItem, deleteRows } from './object-actions.ts';

/** What a Deployment offers, in menus, on its page and by key. */
export function deploymentItems(app: App, deployment: DeploymentRow, onPage = false): MenuItem[] {
  return [
    {
      id: 'scale',
      label: 'Scale',
      key: '=',
      icon: Scaling,
      run: () => app.dialogs.open({ kind: 'scale', deployment }),
    },
    { id: 'restart', label: 'Restart', key: 'r', icon: RotateCw, run: () => void restartDeployment(app, deployment) },
    {
      id: 'set-image',
      label: 'Set image',
      key: 'i',
      icon: ImageUp,
      run: () => app.dialogs.open({ kind: 'set-image', deployment }),
    },
    {
      id: 'roll-back',
      label: 'Roll back',
      key: 'u',
      icon: History,
      run: () => app.dialogs.open({ kind: 'roll-back', deployment }),
    },
    ...commonItems(app, deployment, onPage).map((item, index) => (index === 0 ? { ...item, separated: true } : item)),
    deleteItem(() => void deleteDeployments(app, [deployment])),
  ];
}

const target = (row: DeploymentRow): { name: string; namespace: string } => ({
  name: row.name,
  namespace: row.namespace,
});

/** Sets the number of replicas; Undo sets the number it had. */
export function scaleDeployment(app: App, row: DeploymentRow, replicas: number): Promise<boolean> {
  const scale = (count: number) => (): Promise<unknown> =>
    app.api.patch(DEPLOYMENTS, { ...target(row), subresource: 'scale' }, { spec: { replicas: count } });
  return perform(app, {
    doing: `scale ${row.name}`,
    done: `Scaled ${row.name} from ${row.desired} to ${replicas}`,
    run: scale(replicas),
    undo: scale(row.desired),
  });
}

/** Replaces every Pod, a few at a time. Undo goes back to the Pods of before, which are kept until the new ones are ready. */
export async function restartDeployment(app: App, row: DeploymentRow): Promise<void> {
  let before: string | null = null;
  await perform(app, {
    doing: `restart ${row.name}`,
    done: `Restarting ${row.name}`,
    run: async () => {
      before = restartedAt(await app.api.get(DEPLOYMENTS, row.name, row.namespace));
      await app.api.patch(DEPLOYMENTS, target(row), restartPatch(isoNow()));
    },
    undo: () => app.api.patch(DEPLOYMENTS, target(row), restartPatch(before)),
  });
}

/** Asks and deletes, with what goes with it. */
export function deleteDeployments(app: App, rows: readonly DeploymentRow[]): Promise<boolean> {
  const pods = rows.reduce((sum, row) => sum + Math.max(row.desired, row.ready), 0);
  return deleteRows(app, rows, {
    consequences: [`Deletes ${countText(pods, 'Pod')} and the revisions to roll back to.`],
  });
}
