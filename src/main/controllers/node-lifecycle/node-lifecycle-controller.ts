import { isNotFound, messageOf } from '../../../shared/api/errors.ts';
import { LEASES, NODES, PODS, type Node, type Pod, type Taint } from '../../../shared/api/kinds.ts';
import { nameOf } from '../../../shared/api/meta.ts';
import { Controller } from '../runtime/controller.ts';
import type { ControllerDeps, RunningController } from '../runtime/dependencies.ts';
import { inParallel } from '../runtime/in-batches.ts';
import { Periodic } from '../runtime/periodic.ts';
import { isPodReady } from '../runtime/pod-state.ts';
import { timestamp } from '../runtime/timestamp.ts';
import { readinessOf, readyCondition, silentConditions, type Readiness } from './health.ts';
import { NodeRecords } from './node-records.ts';
import { NODE_LIFECYCLE_DEFAULTS, type NodeLifecycleOptions } from './options.ts';
import { TaintEvictor } from './taint-evictor.ts';
import { TaintQueue } from './taint-queue.ts';
import { noExecuteTaints, noScheduleTaints } from './taints.ts';
import { WakeGuard } from './wake-guard.ts';
import { countsForZone, planDisruption, zoneOf, type ZoneState } from './zones.ts';

export const NODE_INDEX = 'node';
const LEASE_NAMESPACE = 'kube-node-lease';
/** Nodes worked on at once (upstream UpdateWorkerSize). */
const PARALLEL_NODES = 8;

/**
 * Watches over the nodes: marks silent ones Unknown, taints them, and evicts pods from tainted ones. Everything is
 * decided at ticks, after asking whether this process slept; no timer of its own can fire on waking.
 */
export function nodeLifecycleController(
  deps: ControllerDeps,
  options: NodeLifecycleOptions = NODE_LIFECYCLE_DEFAULTS,
): RunningController & { tick(): Promise<void> } {
  const { client, events, clock, log } = deps;
  const nodes = deps.informers.of(NODES);
  const leases = deps.informers.of(LEASES);
  const pods = deps.informers.of(PODS);
  pods.addIndex(NODE_INDEX, (pod) => (pod.spec?.nodeName ? [pod.spec.nodeName] : []));
  const records = new NodeRecords(options);
  const guard = new WakeGuard(2 * options.monitorPeriodMs);
  const evictor = new TaintEvictor(deps, { nodes, pods, nodeIndex: NODE_INDEX });
  const queues = new Map<string, TaintQueue>();
  const known = new Map<string, Node>();
  let zones: ReadonlyMap<string, ZoneState> = new Map();
  let nextMonitor = 0;
  /** Until then nobody is tainted for silence: nodes are being given the time to be heard again. */
  let holdUntil = 0;

  const noSchedule = new Controller(deps, {
    name: 'node-taints',
    concurrency: PARALLEL_NODES,
    reconcile: reconcileNoSchedule,
  }).watch(nodes, (change) => (change.type === 'deleted' ? [] : [nameOf(change.object)]));
  const ticks = new Periodic(log, { name: 'node-lifecycle', periodMs: options.tickMs, run: tick });

  async function tick(): Promise<void> {
    const now = clock.now();
    if (guard.slept(now)) {
      log.warn({}, 'the control plane was asleep; node silence is counted anew and evictions start over');
      startOver(now);
    }
    if (now >= nextMonitor) {
      nextMonitor = now + options.monitorPeriodMs;
      await monitor(now);
    }
    if (now >= holdUntil) await taintFromQueues(now);
    await evictor.evictDue(now);
  }

  function startOver(now: number): void {
    records.restartAll(now);
    holdUntil = now + options.monitorGraceMs;
    evictor.hold(holdUntil);
  }

  async function monitor(now: number): Promise<void> {
    const all = nodes.list();
    announce(all);
    const readiness = new Map<string, Readiness[]>();
    const errors = await inParallel(all, PARALLEL_NODES, async (node) => {
      const current = await monitorNode(node, now);
      if (current === undefined || !countsForZone(node)) return;
      const zone = readiness.get(zoneOf(node));
      if (zone) zone.push(current);
      else readiness.set(zoneOf(node), [current]);
    });
    // A node that could not be written to has no say this time, and nothing is done to it.
    for (const error of errors) log.warn({ err: messageOf(error) }, 'updating the health of a node failed');
    await handleDisruption(all, readiness, now);
  }

  /** Returns the node's readiness after what was done; undefined while a new node has not said anything yet. */
  async function monitorNode(node: Node, now: number): Promise<Readiness | undefined> {
    const verdict = records.judge(node, leases.get(`${LEASE_NAMESPACE}/${nameOf(node)}`), now);
    const conditions = verdict.silent ? silentConditions(node, now) : undefined;
    if (conditions)
      await client.patch(NODES, { name: nameOf(node), subresource: 'status' }, { status: { conditions } }, 'strategic');
    await handleTaint(node, verdict.readiness, verdict.taint, now);
    if (!verdict.silent && !readyCondition(node)) return undefined;
    const current = verdict.silent ? 'Unknown' : verdict.readiness;
    if (current !== 'True' && verdict.readiness === 'True')
      events.event(about(node), 'Normal', 'NodeNotReady', `Node ${nameOf(node)} status is now: NodeNotReady`);
    if (verdict.silent) await markPodsNotReady(node, now);
    return current;
  }

  async function handleTaint(
    node: Node,
    readiness: Readiness,
    verdict: 'none' | 'now' | 'queue' | 'remove',
    now: number,
  ): Promise<void> {
    const queue = queueOf(node, now);
    if (verdict === 'queue') queue.add(nameOf(node));
    else queue.remove(nameOf(node));
    if (verdict === 'now' || verdict === 'remove') await setTaints(node, noExecuteTaints(node, readiness, now));
  }

  async function handleDisruption(all: Node[], readiness: Map<string, Readiness[]>, now: number): Promise<void> {
    const plan = planDisruption(zones, readiness, options);
    zones = plan.zones;
    for (const [zone, rate] of plan.rates) queues.get(zone)?.setRate(rate, now);
    if (plan.transition === 'leave') {
      log.info({}, 'some nodes are ready again; leaving full disruption mode');
      startOver(now);
    }
    if (plan.transition !== 'enter') return;
    log.warn({}, 'no node is ready; entering full disruption mode: nothing is evicted');
    const errors = await inParallel(all, PARALLEL_NODES, (node) => setTaints(node, noExecuteTaints(node, 'True', now)));
    for (const error of errors) log.warn({ err: messageOf(error) }, 'removing taints from a node failed');
  }

  async function taintFromQueues(now: number): Promise<void> {
    for (const queue of queues.values()) {
      for (const name of queue.take(now)) {
        const node = nodes.get(name);
        if (!node || !readyCondition(node)) continue;
        const readiness = readinessOf(node);
        if (readiness === 'True') continue;
        // Not tainted now means queued again at the next look.
        await setTaints(node, noExecuteTaints(node, readiness, now));
      }
    }
  }

  function queueOf(node: Node, now: number): TaintQueue {
    const zone = zoneOf(node);
    let queue = queues.get(zone);
    if (!queue) {
      queue = new TaintQueue(now);
      queue.setRate(options.evictionRate, now);
      queues.set(zone, queue);
    }
    return queue;
  }

  async function reconcileNoSchedule(name: string): Promise<undefined> {
    const node = nodes.get(name);
    if (node) await setTaints(node, noScheduleTaints(node, clock.now()));
  }

  /** With the resourceVersion: two writers of the list (a person's `kubectl taint`, say) must not undo each other. */
  async function setTaints(node: Node, taints: Taint[] | undefined): Promise<void> {
    if (!taints) return;
    const { name, resourceVersion } = node.metadata ?? {};
    const body = {
      metadata: { resourceVersion },
      spec: { taints: taints.length > 0 ? structuredClone(taints) : null },
    };
    await toleratingAbsence(client.patch(NODES, { name: name ?? '' }, body));
  }

  /** Nobody can be sent to a pod on a node that is not heard of. */
  async function markPodsNotReady(node: Node, now: number): Promise<void> {
    const ready = pods.byIndex(NODE_INDEX, nameOf(node)).filter(isPodReady);
    const errors = await inParallel(ready, PARALLEL_NODES, (pod) => markPodNotReady(pod, now));
    for (const error of errors)
      log.warn({ node: nameOf(node), err: messageOf(error) }, 'marking a pod not ready failed');
  }

  async function markPodNotReady(pod: Pod, now: number): Promise<void> {
    const conditions = [{ type: 'Ready', status: 'False', lastTransitionTime: timestamp(now) }];
    const target = { name: nameOf(pod), namespace: pod.metadata?.namespace, subresource: 'status' };
    await toleratingAbsence(client.patch(PODS, target, { status: { conditions } }, 'strategic'));
    events.event({ ...pod, apiVersion: 'v1', kind: 'Pod' }, 'Warning', 'NodeNotReady', 'Node is not ready');
  }

  function announce(all: Node[]): void {
    for (const node of all) {
      if (!known.has(nameOf(node)))
        events.event(
          about(node),
          'Normal',
          'RegisteredNode',
          `Node ${nameOf(node)} event: Registered Node ${nameOf(node)} in Controller`,
        );
      known.set(nameOf(node), node);
    }
    for (const [name, node] of known) {
      if (nodes.get(name)) continue;
      known.delete(name);
      records.forget(name);
      for (const queue of queues.values()) queue.remove(name);
      events.event(about(node), 'Normal', 'RemovingNode', `Node ${name} event: Removing Node ${name} from Controller`);
    }
  }

  return {
    name: 'node-lifecycle',
    tick,
    start: () => {
      startOver(clock.now());
      evictor.start();
      noSchedule.start();
      ticks.start();
    },
    stop: async () => {
      evictor.stop();
      await Promise.all([noSchedule.stop(), ticks.stop()]);
    },
  };
}

const about = (node: Node): Node & { apiVersion: string; kind: string } => ({
  ...node,
  apiVersion: 'v1',
  kind: 'Node',
});

async function toleratingAbsence(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
