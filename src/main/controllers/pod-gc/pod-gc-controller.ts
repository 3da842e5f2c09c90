import { isConflict, isNotFound, messageOf } from '../../../shared/api/errors.ts';
import { NODES, PODS } from '../../../shared/api/kinds.ts';
import { nameOf } from '../../../shared/api/meta.ts';
import type { ControllerDeps, RunningController } from '../runtime/dependencies.ts';
import { inParallel } from '../runtime/in-batches.ts';
import { Periodic } from '../runtime/periodic.ts';
import { isPodFinished } from '../runtime/pod-state.ts';
import { timestamp } from '../runtime/timestamp.ts';
import {
  missingNodes,
  onOutOfServiceNodes,
  orphanedOn,
  surplusTerminated,
  unscheduledTerminating,
  type Collection,
} from './plan.ts';

/** Upstream's gcCheckPeriod and quarantineTime. */
const PERIOD_MS = 20_000;
const QUARANTINE_MS = 40_000;
const PARALLEL_DELETES = 20;

/** Deletes pods that no kubelet will: of nodes that are no more, never scheduled, or finished and too many. */
export function podGcController(deps: ControllerDeps): RunningController {
  const { client, clock, log } = deps;
  const nodes = deps.informers.of(NODES);
  const pods = deps.informers.of(PODS);
  /** Since when a node that pods name is missing, by this machine's clock. */
  const quarantine = new Map<string, number>();

  async function run(): Promise<void> {
    const all = pods.list();
    const byName = new Map(nodes.list().map((node) => [nameOf(node), node]));
    const collections = [
      ...surplusTerminated(all),
      ...onOutOfServiceNodes(all, byName),
      ...unscheduledTerminating(all),
      ...orphanedOn(all, await confirmedAbsent(missingNodes(all, byName))),
    ];
    const errors = await inParallel(collections, PARALLEL_DELETES, collect);
    for (const error of errors) log.warn({ err: messageOf(error) }, 'collecting a pod failed; trying again');
  }

  /** Missing for the whole quarantine, and by the server's own word: a cache that is behind must not cost pods. */
  async function confirmedAbsent(missing: ReadonlySet<string>): Promise<Set<string>> {
    const now = clock.now();
    for (const name of quarantine.keys()) if (!missing.has(name)) quarantine.delete(name);
    const absent = new Set<string>();
    for (const name of missing) {
      const since = quarantine.get(name) ?? now;
      quarantine.set(name, since);
      if (now - since >= QUARANTINE_MS && (await isAbsent(name))) absent.add(name);
    }
    return absent;
  }

  async function isAbsent(node: string): Promise<boolean> {
    try {
      await client.get(NODES, node);
      return false;
    } catch (error) {
      if (isNotFound(error)) return true;
      throw error;
    }
  }

  async function collect({ pod, disruption }: Collection): Promise<void> {
    const target = { name: nameOf(pod), namespace: pod.metadata?.namespace };
    try {
      if (!isPodFinished(pod)) await markFailed(target, disruption);
      await client.delete(PODS, target, { uid: pod.metadata?.uid ?? '', gracePeriodSeconds: 0 });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  /** A pod nobody ran to its end has failed: Jobs and others count on hearing that. */
  async function markFailed(
    target: { name: string; namespace: string | undefined },
    disruption?: string,
  ): Promise<void> {
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByPodGC',
      message: disruption,
      lastTransitionTime: timestamp(clock.now()),
    };
    const status = { phase: 'Failed', ...(disruption === undefined ? {} : { conditions: [condition] }) };
    await client.patch(PODS, { ...target, subresource: 'status' }, { status }, 'strategic');
  }

  return new Periodic(log, { name: 'pod-gc', periodMs: PERIOD_MS, run });
}
