import type Docker from 'dockerode';
import { delay } from '../../shared/client/backoff.ts';
import type { Clock, Logger } from '../../shared/logger.ts';
import { dockerMessage, dockerStatus } from '../runtime/docker-error.ts';
import type { ObservedPod } from '../runtime/observed.ts';
import { readJson, writeAtomic } from '../state/atomic-file.ts';
import { afterUse, bytesToFree, removable, type ImageRecord, type KnownImage } from './image-plan.ts';

/** pkg/kubelet: ImageGCPeriod; images are looked for as often. */
const PERIOD_MS = 300_000;

export interface ImageCollectorDeps {
  docker: Docker;
  /** Where the records are kept over restarts. */
  file: string;
  observeAll: () => Promise<Map<string, ObservedPod>>;
  /** The disk images are on, in bytes. */
  disk: () => Promise<{ capacity: number; available: number }>;
  /** An event about the node. */
  event: (reason: string, message: string) => void;
  clock: Clock;
  log: Logger;
}

/**
 * Removes images that pods have used and nobody uses any more when the disk is nearly full. Images that no pod of this
 * cluster ever ran are left alone, unlike upstream: the machine's Docker may be somebody's workshop.
 */
export class ImageCollector {
  readonly #abort = new AbortController();
  #records: Map<string, ImageRecord> | undefined;
  #failures = 0;

  constructor(private readonly deps: ImageCollectorDeps) {}

  start(): void {
    void this.#run();
  }

  stop(): void {
    this.#abort.abort();
  }

  /** Notes what is in use, and removes images if the disk is more than 85 % full. */
  async collect(): Promise<void> {
    const { disk } = this.deps;
    const images = await this.#known();
    const { capacity, available } = await disk();
    const wanted = bytesToFree(capacity, available);
    if (wanted === 0) {
      this.#failures = 0;
      return;
    }
    const freed = await this.#free(images, wanted);
    if (freed >= wanted) {
      this.#failures = 0;
      return;
    }
    const message = `Failed to garbage collect required amount of images. Attempted to free ${wanted} bytes, but only found ${freed} bytes eligible to free.`;
    this.deps.event('FreeDiskSpaceFailed', message);
    this.#failures += 1;
    // Kubelet tells it under this name only when it happens again.
    if (this.#failures > 1) this.deps.event('ImageGCFailed', message);
  }

  /** Removes all that may go, whatever the disk: before pods are evicted for it. */
  async removeUnused(): Promise<void> {
    await this.#free(await this.#known(), Infinity);
  }

  async #known(): Promise<KnownImage[]> {
    const { docker, observeAll, clock, file } = this.deps;
    const [pods, images, containers] = await Promise.all([
      observeAll(),
      docker.listImages(),
      docker.listContainers({ all: true }),
    ]);
    const before = (this.#records ??= await loadRecords(file));
    const usedByPods = new Set([...pods.values()].flatMap((pod) => pod.containers.map(({ imageId }) => imageId)));
    const records = afterUse(before, new Set(images.map(({ Id }) => Id)), usedByPods, clock.now());
    this.#records = records;
    await writeAtomic(file, JSON.stringify([...records]));
    const inUse = new Set(containers.map(({ ImageID }) => ImageID));
    return images.flatMap(({ Id: id, Size: sizeBytes }) => {
      const record = records.get(id);
      return record ? [{ id, sizeBytes, inUse: inUse.has(id), ...record }] : [];
    });
  }

  async #free(images: readonly KnownImage[], wanted: number): Promise<number> {
    const { docker, clock, log } = this.deps;
    let freed = 0;
    for (const { id, sizeBytes } of removable(images, clock.now())) {
      if (freed >= wanted) break;
      try {
        // By id, with all its names. Docker refuses it when a container runs from it meanwhile.
        await docker.getImage(id).remove({ force: true });
        freed += sizeBytes;
        this.#records?.delete(id);
        log.info({ image: id, sizeBytes }, 'removed an unused image');
      } catch (error) {
        if (![404, 409].includes(dockerStatus(error) ?? 0)) throw error;
        log.debug({ image: id, err: dockerMessage(error) }, 'an image stays');
      }
    }
    return freed;
  }

  async #run(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      try {
        await this.collect();
      } catch (error) {
        this.deps.log.warn({ err: dockerMessage(error) }, 'image garbage collection failed');
      }
      await delay(PERIOD_MS, this.#abort.signal);
    }
  }
}

async function loadRecords(file: string): Promise<Map<string, ImageRecord>> {
  const saved = await readJson(file);
  return new Map(Array.isArray(saved) ? (saved as [string, ImageRecord][]) : []);
}
