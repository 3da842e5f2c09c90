import CircleSlash from '@lucide/svelte/icons/circle-slash';
import CirclePlay from '@lucide/svelte/icons/circle-play';
import LogOut from '@lucide/svelte/icons/log-out';
import { NODES } from '../../../shared/api/kinds.ts';
import type { NodeRow } from '../../../shared/view/rows.ts';
import type { App } from '../frame/app.ts';
import { perform } from '../frame/perform.ts';
import type { MenuItem } from '../ui/MenuItems.svelte';
import { countText } from '../ui/quantity-text.ts';
import { drainNode } from './drain-node.ts';
import { commonItems } from './object-actions.ts';

/** What a Node offers, in menus, on its page and by key. */
export function nodeItems(app: App, row: NodeRow, onPage = false): MenuItem[] {
  return [
    row.schedulable
      ? { id: 'cordon', label: 'Cordon', key: 'c', icon: CircleSlash, run: () => void setCordoned(app, row, true) }
      : { id: 'uncordon', label: 'Uncordon', key: 'c', icon: CirclePlay, run: () => void setCordoned(app, row, false) },
    { id: 'drain', label: 'Drain', icon: LogOut, danger: true, run: () => void confirmDrain(app, row) },
    ...commonItems(app, row, onPage).map((item, index) => (index === 0 ? { ...item, separated: true } : item)),
  ];
}

/** Keeps new Pods off a Node, or lets them on again. */
export function setCordoned(app: App, row: NodeRow, cordoned: boolean): Promise<boolean> {
  const set = (unschedulable: boolean) => (): Promise<unknown> =>
    app.api.patch(NODES, { name: row.name }, { spec: { unschedulable: unschedulable || null } });
  return perform(app, {
    doing: `${cordoned ? 'cordon' : 'uncordon'} ${row.name}`,
    done: cordoned ? `Cordoned ${row.name}: no new Pods go there` : `Uncordoned ${row.name}`,
    run: set(cordoned),
    undo: set(!cordoned),
  });
}

async function confirmDrain(app: App, row: NodeRow): Promise<void> {
  const agreed = await app.confirmations.ask({
    title: `Drain Node ${row.name}?`,
    consequences: [
      `Evicts ${countText(row.podCount, 'Pod')}. Those with an owner start on other nodes, the others are gone.`,
      'The Node stays cordoned until you uncordon it.',
    ],
    action: `Drain ${row.name}`,
  });
  if (!agreed) return;
  app.dock.open({ kind: 'task' });
  await app.tasks.run(`Drain Node ${row.name}`, (task) => drainNode(app.api, row.name, task));
}
