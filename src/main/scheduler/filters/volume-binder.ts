import {
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  type PersistentVolumeClaim,
  type Pod,
} from '../../../shared/api/kinds.ts';
import { keyOf, nameOf } from '../../../shared/api/meta.ts';
import type { ApiClient } from '../../../shared/client/api-client.ts';
import { boundVolume, SELECTED_NODE } from '../../../shared/storage/binding.ts';
import type { NodePlace } from '../../../shared/storage/match-volume.ts';
import { placeClaims, type VolumePlacement } from './volume-binding.ts';
import { claimsOf, isFullyBound, type VolumeView } from './volume-view.ts';

/** Upstream's VolumeBindingArgs.bindTimeoutSeconds. */
const BIND_TIMEOUT_MS = 600_000;

export interface VolumeBinderDeps {
  client: ApiClient;
  view: VolumeView & { onChange(handler: () => void): () => void };
  /** Filled and emptied here; the view shows it. */
  taken: Set<string>;
}

/** Has a pod's claims bound once it has a node, before the pod is (volumebinding Reserve and PreBind). */
export class VolumeBinder {
  constructor(private readonly deps: VolumeBinderDeps) {}

  /** Promises volumes to the pod's claims on the node; undefined when all are bound. To be followed by `bind`. */
  reserve(pod: Pod, node: NodePlace): VolumePlacement | undefined {
    const delayed = claimsOf(pod, this.deps.view)?.delayed ?? [];
    if (delayed.length === 0) return undefined;
    const placement = placeClaims(delayed, node, this.deps.view) ?? { reserve: [], provision: [] };
    for (const { volume } of placement.reserve) this.deps.taken.add(nameOf(volume));
    return placement;
  }

  /** Writes what was promised and resolves when the binder has bound every claim. Throws when that cannot be. */
  async bind(placement: VolumePlacement, node: string, signal: AbortSignal): Promise<void> {
    const { client, taken } = this.deps;
    try {
      for (const { claim, volume } of placement.reserve) {
        const reserved = boundVolume(volume, claim);
        if (reserved) await client.update(PERSISTENT_VOLUMES, reserved);
      }
      for (const claim of placement.provision) await this.#select(claim, node);
      const claims = [...placement.reserve.map(({ claim }) => claim), ...placement.provision];
      await this.#untilBound(claims, node, placement, signal);
    } finally {
      for (const { volume } of placement.reserve) taken.delete(nameOf(volume));
    }
  }

  async #select({ metadata }: PersistentVolumeClaim, node: string): Promise<void> {
    if (metadata?.annotations?.[SELECTED_NODE] === node) return;
    const { name = '', namespace, resourceVersion } = metadata ?? {};
    const patch = { metadata: { resourceVersion, annotations: { [SELECTED_NODE]: node } } };
    await this.deps.client.patch(PERSISTENT_VOLUME_CLAIMS, { name, namespace }, patch);
  }

  #untilBound(
    claims: readonly PersistentVolumeClaim[],
    node: string,
    { provision }: VolumePlacement,
    signal: AbortSignal,
  ): Promise<void> {
    const { view } = this.deps;
    /** Claims that the cache has shown with our node: only from then on a missing annotation means something. */
    const shown = new Set<string>();
    const provisioned = new Set(provision.map(keyOf));
    const allBound = (): boolean =>
      claims
        .map((before) => {
          const key = keyOf(before);
          const claim = view.claim(key);
          if (claim?.metadata?.uid !== before.metadata?.uid)
            throw new Error(`persistentvolumeclaim "${nameOf(before)}" not found`);
          const selected = claim?.metadata?.annotations?.[SELECTED_NODE];
          if (selected === node) shown.add(key);
          else if (provisioned.has(key) && shown.has(key))
            throw new Error(`selectedNode annotation reset for PVC "${nameOf(before)}"`);
          return claim !== undefined && isFullyBound(claim);
        })
        .every(Boolean);
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        detach();
        clearTimeout(timer);
        signal.removeEventListener('abort', aborted);
        settle();
      };
      const look = (): void => {
        try {
          if (allBound()) end(resolve);
        } catch (error) {
          end(() => reject(error as Error));
        }
      };
      const aborted = (): void => end(() => reject(new Error('the scheduler has stopped')));
      const timer = setTimeout(() => end(() => reject(new Error('context deadline exceeded'))), BIND_TIMEOUT_MS);
      const detach = view.onChange(look);
      signal.addEventListener('abort', aborted, { once: true });
      if (signal.aborted) aborted();
      else look();
    });
  }
}
