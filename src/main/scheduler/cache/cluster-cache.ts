import type { Node } from '../../../shared/api/kinds.ts';
import { nameOf } from '../../../shared/api/meta.ts';
import { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';

interface Placed {
  node: string;
  info: PodInfo;
  /** Placed by us and not yet confirmed by the server. */
  assumed: boolean;
}

/** On how many nodes an image is, and how large. */
export interface ImageSummary {
  size: number;
  nodes: number;
}

/**
 * The nodes and what is on them, our own decisions included from the moment they are made (upstream's cache and
 * snapshot in one: a scheduling cycle never awaits, so nothing changes under it).
 */
export class ClusterCache {
  readonly #nodes = new Map<string, NodeInfo>();
  readonly #placed = new Map<string, Placed>();
  readonly #images = new Map<string, ImageSummary>();
  #ordered: NodeInfo[] | undefined;

  /** Nodes that exist, zones taking turns, so that looking at some of them looks at every zone (upstream nodeTree). */
  get nodes(): readonly NodeInfo[] {
    return (this.#ordered ??= interleaveZones([...this.#nodes.values()].filter(({ node }) => node !== undefined)));
  }

  node(name: string): NodeInfo | undefined {
    return this.#nodes.get(name);
  }

  image(name: string): ImageSummary | undefined {
    return this.#images.get(name);
  }

  /** Whether the pod has a place, confirmed or assumed. */
  isPlaced(uid: string): boolean {
    return this.#placed.has(uid);
  }

  setNode(node: Node): NodeInfo {
    const info = this.#nodeInfo(nameOf(node));
    const isNew = info.node === undefined || zoneOf(info.node) !== zoneOf(node);
    this.#countImages(info, -1);
    info.setNode(node);
    this.#countImages(info, 1);
    if (isNew) this.#ordered = undefined;
    return info;
  }

  removeNode(name: string): void {
    const info = this.#nodes.get(name);
    if (!info) return;
    this.#countImages(info, -1);
    info.setNode(undefined);
    if (info.pods.size === 0) this.#nodes.delete(name);
    this.#ordered = undefined;
  }

  /** The server says the pod is on a node. It has the last word over what was assumed. */
  confirm(info: PodInfo, node: string): void {
    this.#place(info, node, false);
  }

  /** The pod counts as placed from now on, though its binding is still under way. */
  assume(info: PodInfo, node: string): void {
    this.#place(info, node, true);
  }

  /** The binding failed: the place is free again. Not when the server has confirmed it meanwhile. */
  forget(uid: string): void {
    if (this.#placed.get(uid)?.assumed) this.remove(uid);
  }

  /** The pod is gone or has ended. Returns the node it was on. */
  remove(uid: string): string | undefined {
    const placed = this.#placed.get(uid);
    if (!placed) return undefined;
    this.#placed.delete(uid);
    const info = this.#nodes.get(placed.node);
    info?.removePod(uid);
    if (info && !info.node && info.pods.size === 0) this.#nodes.delete(placed.node);
    return placed.node;
  }

  #place(info: PodInfo, node: string, assumed: boolean): void {
    this.remove(info.uid);
    this.#nodeInfo(node).addPod(info);
    this.#placed.set(info.uid, { node, info, assumed });
  }

  #nodeInfo(name: string): NodeInfo {
    let info = this.#nodes.get(name);
    if (!info) this.#nodes.set(name, (info = new NodeInfo(name)));
    return info;
  }

  #countImages(info: NodeInfo, sign: 1 | -1): void {
    for (const [name, size] of info.images) {
      const nodes = (this.#images.get(name)?.nodes ?? 0) + sign;
      if (nodes <= 0) this.#images.delete(name);
      else this.#images.set(name, { size, nodes });
    }
  }
}

function zoneOf(node: Node): string {
  const labels = node.metadata?.labels ?? {};
  return `${labels['topology.kubernetes.io/region'] ?? ''}\0${labels['topology.kubernetes.io/zone'] ?? ''}`;
}

function interleaveZones(nodes: readonly NodeInfo[]): NodeInfo[] {
  const zones = new Map<string, NodeInfo[]>();
  for (const info of nodes) {
    if (!info.node) continue;
    const zone = zones.get(zoneOf(info.node));
    if (zone) zone.push(info);
    else zones.set(zoneOf(info.node), [info]);
  }
  const ordered: NodeInfo[] = [];
  for (let round = 0; ordered.length < nodes.length; round += 1) {
    for (const zone of zones.values()) {
      const info = zone[round];
      if (info) ordered.push(info);
    }
  }
  return ordered;
}
