import { isNotFound, messageOf } from '../../../shared/api/errors.ts';
import { apiVersionOf, EVENTS, type ResourceType } from '../../../shared/api/kinds.ts';
import { nameOf, type KubeObject, type OwnerReference } from '../../../shared/api/meta.ts';
import type { Change } from '../../../shared/client/informer.ts';
import { Controller } from '../runtime/controller.ts';
import type { ControllerDeps, RunningController } from '../runtime/dependencies.ts';
import { discover } from '../runtime/discovery.ts';
import { inParallel } from '../runtime/in-batches.ts';
import { Periodic } from '../runtime/periodic.ts';
import { FOREGROUND, ORPHAN, OwnerGraph, type GraphEffects, type GraphNode, type Identity } from './owner-graph.ts';
import { judge, ownerState } from './plan.ts';

/** Upstream looks for new kinds this often. */
const DISCOVERY_PERIOD_MS = 30_000;
/** Own nothing, come and go by the thousand, and leave by their own expiry (upstream's ignored resources). */
const IGNORED: readonly ResourceType[] = [EVENTS];

/** Deletes what its owners left behind, and carries out foreground and orphaning deletions. */
export function garbageCollector(deps: ControllerDeps): RunningController {
  const { client, log } = deps;
  const graph = new OwnerGraph();
  const types = new Map<string, ResourceType>();
  const detach: (() => void)[] = [];
  const deletions = new Controller(deps, { name: 'garbage-collector', concurrency: 20, reconcile: attemptDelete });
  const orphanings = new Controller(deps, {
    name: 'garbage-collector-orphan',
    concurrency: 5,
    reconcile: attemptOrphan,
  });
  const resync = new Periodic(log, {
    name: 'garbage-collector-discovery',
    periodMs: DISCOVERY_PERIOD_MS,
    run: followKinds,
  });
  let started = false;

  /** Watches every kind the server has. No worker starts before all have been listed: half a graph would look like orphans. */
  async function followKinds(signal: AbortSignal): Promise<void> {
    const discovered = await discover(client);
    for (const { groupVersion, message } of discovered.failures)
      log.warn({ groupVersion, err: message }, 'kinds of a group are unknown; their objects are not collected');
    const fresh = discovered.types.filter(
      (type) => !types.has(idOf(type)) && !IGNORED.some((ignored) => idOf(ignored) === idOf(type)),
    );
    await Promise.all(fresh.map((type) => deps.informers.of(type).start()));
    if (signal.aborted) return;
    for (const type of fresh) {
      types.set(idOf(type), type);
      detach.push(deps.informers.of(type).onDidChange((change) => onChange(type, change), { replay: true }));
    }
    if (started) return;
    started = true;
    deletions.start();
    orphanings.start();
  }

  function onChange(type: ResourceType, change: Change<KubeObject>): void {
    const { object } = change;
    if (change.type === 'deleted') enqueue(graph.remove(object.metadata?.uid ?? ''));
    // Most changes are of status, and the graph has nothing to learn from those.
    else if (change.type === 'added' || concernsGraph(change.old, object))
      enqueue(graph.observe(object, identify(type, object)));
  }

  function enqueue(effects: GraphEffects): void {
    for (const uid of effects.attemptDelete) deletions.enqueue(uid);
    for (const uid of effects.attemptOrphan) orphanings.enqueue(uid);
  }

  async function attemptDelete(uid: string): Promise<undefined> {
    const node = graph.get(uid);
    if (!node) return;
    if (node.beingDeleted && !node.deletingDependents && !node.virtual) return;
    const live = await read(node.identity);
    if (live?.metadata?.uid !== uid) {
      // For a virtual node this is the answer to the question whether it exists; for others the event is on its way.
      enqueue(graph.remove(uid));
      return;
    }
    if (node.virtual) return;
    if (node.deletingDependents) return releaseIfUnblocked(node, live);
    const owners = live.metadata.ownerReferences ?? [];
    const states = await Promise.all(owners.map(async (owner) => ownerState(owner, await readOwner(node, owner))));
    const dependents = graph.dependentsOf(node);
    const verdict = judge(live, states, {
      count: dependents.length,
      anyDeletingDependents: dependents.some((dependent) => dependent.deletingDependents),
    });
    if (verdict.action === 'dropReferences')
      return patchOwners(
        node.identity,
        live,
        owners.filter((owner) => !verdict.uids.includes(owner.uid)),
      );
    if (verdict.action === 'keep') return;
    if (verdict.unblockOwners)
      await patchOwners(
        node.identity,
        live,
        owners.map((owner) => ({ ...owner, blockOwnerDeletion: false })),
      );
    await remove(node, verdict.propagationPolicy);
  }

  async function remove(node: GraphNode, propagationPolicy: 'Foreground' | 'Background' | 'Orphan'): Promise<void> {
    const type = typeOf(node.identity);
    if (!type) return;
    log.debug({ ...node.identity, uid: node.uid, propagationPolicy }, 'deleting object without owner');
    await toleratingAbsence(client.delete(type, node.identity, { uid: node.uid, propagationPolicy }));
  }

  /** Foreground: the owner goes when nothing that blocks it is left; until then each blocking dependent is seen to. */
  async function releaseIfUnblocked(node: GraphNode, live: KubeObject): Promise<undefined> {
    const blocking = graph.blockingDependents(node);
    if (blocking.length === 0) return dropFinalizer(node.identity, live, FOREGROUND);
    for (const dependent of blocking) if (!dependent.deletingDependents) deletions.enqueue(dependent.uid);
    return undefined;
  }

  async function attemptOrphan(uid: string): Promise<undefined> {
    const node = graph.get(uid);
    if (!node) return;
    const errors = await inParallel(graph.dependentsOf(node), 20, async (dependent) => {
      const live = await read(dependent.identity);
      if (live?.metadata?.uid !== dependent.uid) return;
      const owners = live.metadata.ownerReferences ?? [];
      await patchOwners(
        dependent.identity,
        live,
        owners.filter((owner) => owner.uid !== uid),
      );
    });
    // The finalizer stays until every dependent is free, or a later deletion would take the rest along.
    if (errors.length > 0) throw errors[0] instanceof Error ? errors[0] : new Error(messageOf(errors[0]));
    const live = await read(node.identity);
    if (live?.metadata?.uid === uid) await dropFinalizer(node.identity, live, ORPHAN);
  }

  async function dropFinalizer(identity: Identity, live: KubeObject, finalizer: string): Promise<undefined> {
    const type = typeOf(identity);
    const { finalizers = [], resourceVersion } = live.metadata ?? {};
    if (!type || !finalizers.includes(finalizer)) return;
    const left = finalizers.filter((other) => other !== finalizer);
    const patch = { metadata: { resourceVersion, finalizers: left.length > 0 ? left : null } };
    await toleratingAbsence(client.patch(type, identity, patch));
  }

  async function patchOwners(identity: Identity, live: KubeObject, owners: OwnerReference[]): Promise<undefined> {
    const type = typeOf(identity);
    if (!type) return;
    const { resourceVersion } = live.metadata ?? {};
    const patch = {
      metadata: { resourceVersion, ownerReferences: owners.length > 0 ? structuredClone(owners) : null },
    };
    await toleratingAbsence(client.patch(type, identity, patch));
  }

  /** Straight from the server, never from a cache: what is deleted cannot be called back. */
  async function read(identity: Identity): Promise<KubeObject | undefined> {
    const type = typeOf(identity);
    // A kind we cannot read may exist all the same: no answer is not "absent".
    if (!type) throw new Error(`unable to get REST mapping for ${identity.apiVersion}/${identity.kind}`);
    // A namespaced owner of a cluster-scoped object can have no namespace to be looked up in: it does not exist.
    if (type.namespaced && identity.namespace === undefined) return undefined;
    try {
      return await client.get(type, identity.name, type.namespaced ? identity.namespace : undefined);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async function readOwner(node: GraphNode, owner: OwnerReference): Promise<KubeObject | undefined> {
    const identity = {
      apiVersion: owner.apiVersion,
      kind: owner.kind,
      name: owner.name,
      namespace: node.identity.namespace,
    };
    const type = typeOf(identity);
    if (type?.namespaced && node.identity.namespace === undefined) reportInvalidOwner(node, owner);
    return read(identity);
  }

  function reportInvalidOwner(node: GraphNode, owner: OwnerReference): void {
    const { apiVersion, kind, name } = owner;
    const message = `ownerRef [${apiVersion}/${kind}, namespace: , name: ${name}, uid: ${owner.uid}] does not exist in namespace ""`;
    const about = {
      apiVersion: node.identity.apiVersion,
      kind: node.identity.kind,
      metadata: { name: node.identity.name, uid: node.uid },
    };
    deps.events.event(about, 'Warning', 'OwnerRefInvalidNamespace', message);
  }

  /** Any version of the group will do: a reference may have been written with an older one. */
  function typeOf(identity: Identity): ResourceType | undefined {
    const group = groupOf(identity.apiVersion);
    for (const type of types.values()) if (type.kind === identity.kind && type.group === group) return type;
    return undefined;
  }

  return {
    name: 'garbage-collector',
    start: () => resync.start(),
    stop: async () => {
      for (const end of detach.splice(0)) end();
      await Promise.all([resync.stop(), deletions.stop(), orphanings.stop()]);
    },
  };
}

const idOf = (type: ResourceType): string => `${type.group}/${type.plural}`;
const groupOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';

function identify(type: ResourceType, object: KubeObject): Identity {
  return {
    apiVersion: apiVersionOf(type),
    kind: type.kind,
    namespace: object.metadata?.namespace,
    name: nameOf(object),
  };
}

function concernsGraph(old: KubeObject, object: KubeObject): boolean {
  return (
    old.metadata?.deletionTimestamp !== object.metadata?.deletionTimestamp ||
    JSON.stringify(old.metadata?.ownerReferences) !== JSON.stringify(object.metadata?.ownerReferences) ||
    JSON.stringify(old.metadata?.finalizers) !== JSON.stringify(object.metadata?.finalizers)
  );
}

/** Gone, or replaced by another with the same name: either way it is not ours to touch any more. */
async function toleratingAbsence(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
