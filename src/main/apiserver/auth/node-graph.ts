import type { PersistentVolume, Pod, VolumeAttachment } from '../../../shared/api/kinds.ts';
import { messageOf } from '../../../shared/api/errors.ts';
import type { Logger } from '../../../shared/logger.ts';
import {
  CompactedError,
  type Storage,
  type StorageEvent,
  type StoredValue,
  type StorageWatch,
} from '../../store/storage.ts';
import type { IngressSecrets } from './ingress-secrets.ts';
import { referencesOf, type PodReferences } from './pod-references.ts';

const PODS_PREFIX = '/core/pods/';
const asPod = (value: StoredValue): Pod => value as unknown as Pod;

type PodKind = 'configmaps' | 'secrets' | 'serviceaccounts' | 'persistentvolumeclaims' | 'pods';
/** What a node may be related to: its pods, what they refer to, and what is attached to it. */
export type ReferencedKind = PodKind | 'persistentvolumes' | 'volumeattachments';

/**
 * Which pods run on which node and what they refer to: the answer to "may this node read that Secret?".
 * Follows the store by a watch; a negative answer is checked against the store itself, since a kubelet may ask for a
 * pod's Secret before the watch has told us of the pod.
 */
export class NodeGraph {
  readonly #byNode = new Map<string, Map<string, PodReferences>>();
  #watch: StorageWatch | undefined;
  #closed = false;

  constructor(
    private readonly storage: Storage,
    private readonly log: Logger,
    private readonly ingressSecrets: Pick<IngressSecrets, 'has'>,
  ) {}

  /** Reads what is there and follows from then on. */
  async start(): Promise<void> {
    const page = await this.storage.list({ prefix: PODS_PREFIX });
    if (this.#closed) return;
    this.#byNode.clear();
    for (const item of page.items) this.#put(item.key, asPod(item.value));
    this.#watch = this.storage.watch({ prefix: PODS_PREFIX, afterRevision: page.revision });
    void this.#follow(this.#watch);
  }

  close(): void {
    this.#closed = true;
    this.#watch?.close();
  }

  /**
   * Whether a pod on `node` is, or refers to, this object; a volume by the claim it is bound to. Every node terminates
   * TLS for Ingresses, so a Secret that an Ingress names is every node's to read.
   */
  async refers(node: string, kind: ReferencedKind, namespace: string, name: string): Promise<boolean> {
    if (kind === 'persistentvolumes') {
      const claim = (await this.#stored<PersistentVolume>(`/core/persistentvolumes/${name}`))?.spec?.claimRef;
      if (!claim?.name || !claim.namespace) return false;
      return this.#refersFromPod(node, 'persistentvolumeclaims', claim.namespace, claim.name);
    }
    if (kind === 'volumeattachments') {
      const attachment = await this.#stored<VolumeAttachment>(`/storage.k8s.io/volumeattachments/${name}`);
      return attachment?.spec.nodeName === node;
    }
    if (kind === 'secrets' && (await this.ingressSecrets.has(namespace, name))) return true;
    return this.#refersFromPod(node, kind, namespace, name);
  }

  async #stored<T>(key: string): Promise<T | undefined> {
    return (await this.storage.get(key))?.value as T | undefined;
  }

  async #refersFromPod(node: string, kind: PodKind, namespace: string, name: string): Promise<boolean> {
    const prefix = `${PODS_PREFIX}${namespace}/`;
    for (const [key, references] of this.#byNode.get(node) ?? [])
      if (key.startsWith(prefix) && relates(key.slice(prefix.length), references, kind, name)) return true;

    if (kind === 'pods') {
      const stored = await this.storage.get(prefix + name);
      return stored !== undefined && asPod(stored.value).spec?.nodeName === node;
    }
    const page = await this.storage.list({ prefix });
    return page.items.some(({ key, value }) => {
      const pod = asPod(value);
      return pod.spec?.nodeName === node && relates(key.slice(prefix.length), referencesOf(pod), kind, name);
    });
  }

  async #follow(watch: StorageWatch): Promise<void> {
    try {
      for await (const events of watch) for (const event of events) this.#apply(event);
    } catch (error) {
      if (!(error instanceof CompactedError)) {
        // Answers stay right without the watch: every miss is looked up in the store.
        this.log.error({ error: messageOf(error) }, 'node graph stopped following the store');
        return;
      }
      this.log.warn({ compacted: error.compacted }, 'node graph fell behind; reading all pods again');
      await this.start();
    }
  }

  #apply(event: StorageEvent): void {
    if (event.previous) this.#remove(event.key, asPod(event.previous));
    if (event.type !== 'delete') this.#put(event.key, asPod(event.value));
  }

  #put(key: string, pod: Pod): void {
    const node = pod.spec?.nodeName;
    if (!node) return;
    const pods = this.#byNode.get(node) ?? new Map<string, PodReferences>();
    pods.set(key, referencesOf(pod));
    this.#byNode.set(node, pods);
  }

  #remove(key: string, pod: Pod): void {
    const node = pod.spec?.nodeName ?? '';
    const pods = this.#byNode.get(node);
    pods?.delete(key);
    if (pods?.size === 0) this.#byNode.delete(node);
  }
}

function relates(podName: string, references: PodReferences, kind: PodKind, name: string): boolean {
  switch (kind) {
    case 'pods':
      return podName === name;
    case 'configmaps':
      return references.configMaps.has(name);
    case 'secrets':
      return references.secrets.has(name);
    case 'persistentvolumeclaims':
      return references.claims.has(name);
    case 'serviceaccounts':
      return references.serviceAccount === name;
  }
}
