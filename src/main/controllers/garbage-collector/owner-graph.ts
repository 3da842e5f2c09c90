import type { KubeObject, OwnerReference } from '../../../shared/api/meta.ts';

/** Where an object is; enough to read or delete it. */
export interface Identity {
  apiVersion: string;
  kind: string;
  namespace: string | undefined;
  name: string;
}

/** An object, or (virtual) what somebody's owner reference says is an object. */
export interface GraphNode {
  readonly uid: string;
  identity: Identity;
  owners: readonly OwnerReference[];
  readonly dependents: Set<string>;
  /** Only known from a reference; to be confirmed by a live read. */
  virtual: boolean;
  beingDeleted: boolean;
  /** Being deleted in the foreground: waits for its blocking dependents. */
  deletingDependents: boolean;
}

/** Work that a change of the graph gives rise to. */
export interface GraphEffects {
  /** Nodes that may have to be deleted: their owners are gone, or they wait for dependents. */
  attemptDelete: Set<string>;
  /** Nodes that are to be deleted without their dependents. */
  attemptOrphan: Set<string>;
}

export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';

/**
 * Who owns whom, by uid, over every kind (upstream GraphBuilder). Owners may be mentioned before they are seen: a
 * virtual node then stands in until it is seen or found not to exist.
 */
export class OwnerGraph {
  readonly #nodes = new Map<string, GraphNode>();

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid);
  }

  get size(): number {
    return this.#nodes.size;
  }

  /** An object was added or changed. */
  observe(object: KubeObject, identity: Identity): GraphEffects {
    const effects: GraphEffects = { attemptDelete: new Set(), attemptOrphan: new Set() };
    const uid = object.metadata?.uid;
    if (uid === undefined) return effects;
    const owners = object.metadata?.ownerReferences ?? [];
    const node = this.#nodes.get(uid);
    if (!node) {
      const made = this.#insert({ uid, identity, owners, virtual: false });
      this.#linkToOwners(made, owners, effects);
      this.#noteDeletion(made, object, effects);
      return effects;
    }
    const confirmed = node.virtual;
    node.virtual = false;
    node.identity = identity;
    if (confirmed) this.#checkDependents(node, effects);
    if (node.owners !== owners) this.#changeOwners(node, owners, effects);
    this.#noteDeletion(node, object, effects);
    return effects;
  }

  /** An object is gone, or (for a virtual node) was found never to have been. */
  remove(uid: string): GraphEffects {
    const effects: GraphEffects = { attemptDelete: new Set(), attemptOrphan: new Set() };
    const node = this.#nodes.get(uid);
    if (!node) return effects;
    this.#nodes.delete(uid);
    for (const { uid: ownerUid } of node.owners) {
      const owner = this.#nodes.get(ownerUid);
      owner?.dependents.delete(uid);
      // The last blocking dependent may just have gone.
      if (owner?.deletingDependents) effects.attemptDelete.add(ownerUid);
      // Nobody speaks of this owner any more, and it was never seen.
      if (owner?.virtual && owner.dependents.size === 0) this.#nodes.delete(ownerUid);
    }
    for (const dependent of node.dependents) effects.attemptDelete.add(dependent);
    return effects;
  }

  /** Dependents that hold up the owner's deletion in the foreground. */
  blockingDependents(owner: GraphNode): GraphNode[] {
    return this.dependentsOf(owner).filter((dependent) =>
      dependent.owners.some((reference) => reference.uid === owner.uid && reference.blockOwnerDeletion === true),
    );
  }

  dependentsOf(owner: GraphNode): GraphNode[] {
    return [...owner.dependents].flatMap((uid) => this.#nodes.get(uid) ?? []);
  }

  #insert(about: Pick<GraphNode, 'uid' | 'identity' | 'owners' | 'virtual'>): GraphNode {
    const node: GraphNode = { ...about, dependents: new Set(), beingDeleted: false, deletingDependents: false };
    this.#nodes.set(about.uid, node);
    return node;
  }

  #linkToOwners(node: GraphNode, owners: readonly OwnerReference[], effects: GraphEffects): void {
    for (const reference of owners) {
      let owner = this.#nodes.get(reference.uid);
      if (!owner) {
        const identity = identityOf(reference, node.identity.namespace);
        owner = this.#insert({ uid: reference.uid, identity, owners: [], virtual: true });
        effects.attemptDelete.add(reference.uid);
      } else if (!agrees(reference, owner, node.identity.namespace)) {
        // The uid is of something else than the reference says: only a live read can tell whether the owner exists.
        effects.attemptDelete.add(node.uid);
      }
      owner.dependents.add(node.uid);
    }
  }

  #changeOwners(node: GraphNode, owners: readonly OwnerReference[], effects: GraphEffects): void {
    const before = new Map(node.owners.map((reference) => [reference.uid, reference]));
    const after = new Map(owners.map((reference) => [reference.uid, reference]));
    node.owners = owners;
    for (const [uid, reference] of before) {
      const now = after.get(uid);
      if (!now) this.#nodes.get(uid)?.dependents.delete(node.uid);
      // It no longer blocks this owner, which may be waiting.
      const unblocked = reference.blockOwnerDeletion === true && now?.blockOwnerDeletion !== true;
      if ((!now || unblocked) && this.#nodes.get(uid)?.deletingDependents) effects.attemptDelete.add(uid);
    }
    this.#linkToOwners(
      node,
      owners.filter(({ uid }) => !before.has(uid)),
      effects,
    );
    // An owner was given up: whether one is left that exists has to be asked.
    if (owners.length > 0 && [...before.keys()].some((uid) => !after.has(uid))) effects.attemptDelete.add(node.uid);
  }

  /** What was only spoken of has been seen: those that spoke of it by another name or from elsewhere are to be asked. */
  #checkDependents(owner: GraphNode, effects: GraphEffects): void {
    for (const dependent of this.dependentsOf(owner)) {
      const reference = dependent.owners.find(({ uid }) => uid === owner.uid);
      if (reference && !agrees(reference, owner, dependent.identity.namespace))
        effects.attemptDelete.add(dependent.uid);
    }
  }

  #noteDeletion(node: GraphNode, object: KubeObject, effects: GraphEffects): void {
    if (!object.metadata?.deletionTimestamp) return;
    node.beingDeleted = true;
    const finalizers = object.metadata.finalizers ?? [];
    if (finalizers.includes(ORPHAN)) effects.attemptOrphan.add(node.uid);
    else if (finalizers.includes(FOREGROUND)) {
      node.deletingDependents = true;
      for (const dependent of node.dependents) effects.attemptDelete.add(dependent);
      effects.attemptDelete.add(node.uid);
    }
  }
}

/** A reference carries no namespace: it means the dependent's own, or none when the kind is cluster-scoped. */
export function identityOf(reference: OwnerReference, namespace: string | undefined): Identity {
  return { apiVersion: reference.apiVersion, kind: reference.kind, name: reference.name, namespace };
}

/** Whether the owner with the reference's uid is what the reference says, and is where a dependent in `namespace` can have it. */
function agrees(reference: OwnerReference, owner: GraphNode, namespace: string | undefined): boolean {
  const { kind, name, apiVersion } = owner.identity;
  const groupOf = (version: string): string => (version.includes('/') ? version.slice(0, version.indexOf('/')) : '');
  const reachable = owner.identity.namespace === undefined || owner.identity.namespace === namespace;
  return (
    reachable &&
    kind === reference.kind &&
    name === reference.name &&
    groupOf(apiVersion) === groupOf(reference.apiVersion)
  );
}
