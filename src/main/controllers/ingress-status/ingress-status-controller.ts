import { isDeepStrictEqual } from 'node:util';
import { isServedByMachines } from '../../../shared/api/ingress-serving.ts';
import { INGRESS_CLASSES, INGRESSES, NODES, type Node } from '../../../shared/api/kinds.ts';
import { keyOf } from '../../../shared/api/meta.ts';
import { Controller } from '../runtime/controller.ts';
import type { ControllerDeps, RunningController } from '../runtime/dependencies.ts';
import { servingAddresses } from './plan.ts';

/** Says in the status of Ingresses at which machines they are reached. */
export function ingressStatusController(deps: ControllerDeps): RunningController {
  const ingresses = deps.informers.of(INGRESSES);
  const classes = deps.informers.of(INGRESS_CLASSES);
  const nodes = deps.informers.of(NODES);
  const all = (): string[] => ingresses.list().map(keyOf);

  return new Controller(deps, { name: 'ingress-status', concurrency: 1, reconcile })
    .watch(ingresses, ({ object }) => [keyOf(object)])
    .watch(classes, all)
    .watch(nodes, (change) => {
      // Heartbeats change nodes all the time, and nothing for us.
      const before = change.type === 'updated' ? servingAddresses([change.old]) : [];
      const after: Node[] = change.type === 'deleted' ? [] : [change.object];
      const same = change.type === 'updated' && isDeepStrictEqual(before, servingAddresses(after));
      return same ? [] : all();
    });

  async function reconcile(key: string): Promise<undefined> {
    const ingress = ingresses.get(key);
    if (!ingress || !isServedByMachines(ingress, classes.list())) return;
    const addresses = servingAddresses(nodes.list()).map((ip) => ({ ip }));
    const before = (ingress.status?.loadBalancer?.ingress ?? []).map(({ ip }) => ({ ip }));
    if (isDeepStrictEqual(before, addresses)) return;
    const loadBalancer = addresses.length > 0 ? { ingress: addresses } : {};
    await deps.client.updateStatus(INGRESSES, { ...ingress, status: { ...ingress.status, loadBalancer } });
  }
}
