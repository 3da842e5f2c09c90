import { isAlreadyExists, isNotFound } from '../../../shared/api/errors.ts';
import { ENDPOINT_SLICES, type EndpointSlice } from '../../../shared/api/kinds.ts';
import { nameOf } from '../../../shared/api/meta.ts';
import type { ApiClient } from '../../../shared/client/api-client.ts';
import type { Change } from '../../../shared/client/informer.ts';
import type { SlicePlan } from './slice-plan.ts';

/** The cache does not show our own writes yet: planning from it would make slices twice. */
export class StaleSlicesError extends Error {
  constructor() {
    super('EndpointSlice informer cache is out of date');
  }
}

/**
 * Writes plans, and remembers what it wrote until the cache shows it (endpointslice_tracker.go). Keys are those of the
 * Services, or of whatever the slices are made for.
 */
export class SliceWriter {
  /** By key, then slice name: the generation that was written. */
  readonly #written = new Map<string, Map<string, number>>();

  constructor(private readonly client: ApiClient) {}

  /** Throws StaleSlicesError unless `cached` (all slices of the key) has everything that was written. */
  assertCurrent(key: string, cached: readonly EndpointSlice[]): void {
    const written = this.#written.get(key);
    if (!written) return;
    for (const slice of cached) {
      const generation = written.get(nameOf(slice));
      if (generation !== undefined && (slice.metadata?.generation ?? 0) >= generation) written.delete(nameOf(slice));
    }
    if (written.size > 0) throw new StaleSlicesError();
    this.#written.delete(key);
  }

  /** To be called with every change of a slice: one that was deleted will never be seen. */
  observed(key: string, { type, object }: Change<EndpointSlice>): void {
    if (type === 'deleted') this.#written.get(key)?.delete(nameOf(object));
  }

  forget(key: string): void {
    this.#written.delete(key);
  }

  /** Creates first and deletes last, so that no endpoint is missing in between. */
  async write(key: string, namespace: string, plan: SlicePlan): Promise<void> {
    for (const slice of plan.create) {
      try {
        this.#note(key, await this.client.create(ENDPOINT_SLICES, slice, namespace));
      } catch (error) {
        // Only where the name is given: then somebody else made it, and the next look shows it.
        if (!isAlreadyExists(error)) throw error;
      }
    }
    for (const slice of plan.update) this.#note(key, await this.client.update(ENDPOINT_SLICES, slice));
    for (const slice of plan.delete) {
      const { uid = '' } = slice.metadata ?? {};
      try {
        await this.client.delete(ENDPOINT_SLICES, { name: nameOf(slice), namespace }, { uid });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
  }

  #note(key: string, slice: EndpointSlice): void {
    const written = this.#written.get(key) ?? new Map<string, number>();
    this.#written.set(key, written);
    written.set(nameOf(slice), slice.metadata?.generation ?? 0);
  }
}
