import { isDeepStrictEqual } from 'node:util';
import { isConflict, isNotFound, messageOf } from '../../../shared/api/errors.ts';
import { POD_DISRUPTION_BUDGETS, PODS, type Pod, type PodDisruptionBudget } from '../../../shared/api/kinds.ts';
import { keyOf } from '../../../shared/api/meta.ts';
import { matchesLabelSelector } from '../../../shared/api/selector.ts';
import type { Change } from '../../../shared/client/informer.ts';
import { Controller, type Requeue } from '../runtime/controller.ts';
import type { ControllerDeps, RunningController } from '../runtime/dependencies.ts';
import { expectedOf, needsScale, type Expected } from './expected.ts';
import { failSafe, planStatus } from './plan.ts';
import { ScaleFinder } from './scale-finder.ts';

const NAMESPACE_INDEX = 'namespace';
const EVENT_TARGET = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' } as const;

/** Keeps count of how many pods of each PodDisruptionBudget may go (pkg/controller/disruption). */
export function disruptionController(deps: ControllerDeps): RunningController {
  const { client, events, clock, log } = deps;
  const pods = deps.informers.of(PODS);
  const budgets = deps.informers.of(POD_DISRUPTION_BUDGETS);
  const scales = new ScaleFinder(client, deps.informers);
  const byNamespace = ({ metadata }: { metadata?: { namespace?: string } }): string[] => [metadata?.namespace ?? ''];
  pods.addIndex(NAMESPACE_INDEX, byNamespace);
  budgets.addIndex(NAMESPACE_INDEX, byNamespace);

  const budgetsOf = ({ metadata }: Pod): string[] =>
    budgets
      .byIndex(NAMESPACE_INDEX, metadata?.namespace ?? '')
      .filter(({ spec }) => matchesLabelSelector(spec?.selector, metadata?.labels))
      .map(keyOf);

  const keysOfPod = (change: Change<Pod>): string[] =>
    change.type === 'updated' ? [...budgetsOf(change.object), ...budgetsOf(change.old)] : budgetsOf(change.object);

  async function reconcile(key: string): Promise<Requeue | undefined> {
    const budget = budgets.get(key);
    if (!budget) return undefined;
    try {
      return await sync(budget);
    } catch (error) {
      // Another writer, an eviction most likely: what it wrote is counted on the next try.
      if (isConflict(error)) throw error;
      log.warn({ controller: 'disruption', key, err: messageOf(error) }, 'budget cannot be counted; allowing nothing');
      await write(budget, failSafe(budget, messageOf(error), clock.now()));
      return undefined;
    }
  }

  async function sync(budget: PodDisruptionBudget): Promise<Requeue | undefined> {
    const about = { ...budget, ...EVENT_TARGET };
    const selected = pods
      .byIndex(NAMESPACE_INDEX, budget.metadata?.namespace ?? '')
      .filter(({ metadata }) => matchesLabelSelector(budget.spec?.selector, metadata?.labels));
    if (selected.length === 0) events.event(about, 'Normal', 'NoPods', 'No matching pods found');

    const expected = await expect(budget, selected);
    const { status, recheckMs, notDeleted } = planStatus(budget, selected, expected, clock.now());
    for (const pod of notDeleted)
      events.event(
        { ...pod, apiVersion: 'v1', kind: 'Pod' },
        'Warning',
        'NotDeleted',
        `Pod was expected by PDB ${keyOf(budget)} to be deleted but it wasn't`,
      );
    if (!isDeepStrictEqual(status, budget.status)) await write(budget, status);
    return recheckMs === undefined ? undefined : { afterMs: recheckMs + 1 };
  }

  async function expect(budget: PodDisruptionBudget, selected: readonly Pod[]): Promise<Expected> {
    if (!needsScale(budget)) return expectedOf(budget, selected, 0);
    const about = { ...budget, ...EVENT_TARGET };
    try {
      const { scale, unmanaged } = await scales.of(selected);
      if (unmanaged.length > 0)
        events.event(
          about,
          'Warning',
          'UnmanagedPods',
          `Pods selected by this PodDisruptionBudget (selector: ${JSON.stringify(budget.spec?.selector)}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`,
        );
      return expectedOf(budget, selected, scale);
    } catch (error) {
      events.event(
        about,
        'Warning',
        'CalculateExpectedPodCountFailed',
        `Failed to calculate the number of expected pods: ${messageOf(error)}`,
      );
      throw error;
    }
  }

  async function write(budget: PodDisruptionBudget, status: NonNullable<PodDisruptionBudget['status']>): Promise<void> {
    try {
      await client.updateStatus(POD_DISRUPTION_BUDGETS, structuredClone({ ...budget, status }));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  return new Controller(deps, { name: 'disruption', reconcile })
    .watch(budgets, (change) => (change.type === 'deleted' ? [] : [keyOf(change.object)]))
    .watch(pods, keysOfPod);
}
