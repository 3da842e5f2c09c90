import type { KubeList, KubeObject, WatchEvent } from '../api/meta.ts';
import { nameOf } from '../api/meta.ts';
import { pathOf, type ResourceType } from '../api/kinds.ts';
import type { Transport } from './transport.ts';

export type PatchType = 'merge' | 'strategic' | 'json';

const PATCH_CONTENT_TYPE: Record<PatchType, string> = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
};

export interface ListOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
  resourceVersion?: string;
}

export interface WatchOptions extends Omit<ListOptions, 'limit' | 'continue'> {
  allowBookmarks?: boolean;
  timeoutSeconds?: number;
  signal: AbortSignal;
}

export interface DeleteOptions {
  /** Refuse (409) unless the object still has this uid: the guard of every controller's delete. */
  uid?: string;
  resourceVersion?: string;
  gracePeriodSeconds?: number;
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
}

/** The typed client every part of Wheelhouse but the API server itself uses. Objects it returns may be frozen: copy before changing. */
export class ApiClient {
  constructor(
    readonly transport: Transport,
    /** Sent as `fieldManager` with every write, and the component name of events. */
    readonly fieldManager: string,
  ) {}

  get<T extends KubeObject>(type: ResourceType<T>, name: string, namespace?: string): Promise<T> {
    return this.transport.request<T>({ method: 'GET', path: pathOf(type, namespace, name) });
  }

  list<T extends KubeObject>(type: ResourceType<T>, options: ListOptions = {}): Promise<KubeList<T>> {
    return this.transport.request<KubeList<T>>({
      method: 'GET',
      path: pathOf(type, options.namespace),
      query: {
        labelSelector: options.labelSelector,
        fieldSelector: options.fieldSelector,
        limit: options.limit?.toString(),
        continue: options.continue,
        resourceVersion: options.resourceVersion,
      },
    });
  }

  watch<T extends KubeObject>(type: ResourceType<T>, options: WatchOptions): AsyncIterable<WatchEvent<T>> {
    return this.transport.watch<T>({
      path: pathOf(type, options.namespace),
      query: {
        watch: 'true',
        labelSelector: options.labelSelector,
        fieldSelector: options.fieldSelector,
        resourceVersion: options.resourceVersion,
        allowWatchBookmarks: options.allowBookmarks ? 'true' : undefined,
        timeoutSeconds: options.timeoutSeconds?.toString(),
      },
      signal: options.signal,
    });
  }

  create<T extends KubeObject>(type: ResourceType<T>, object: T, namespace = object.metadata?.namespace): Promise<T> {
    return this.transport.request<T>({
      method: 'POST',
      path: pathOf(type, namespace),
      query: { fieldManager: this.fieldManager },
      body: object,
    });
  }

  /** PUT: fails with Conflict when `metadata.resourceVersion` is set and stale. */
  update<T extends KubeObject>(type: ResourceType<T>, object: T, subresource?: string): Promise<T> {
    return this.transport.request<T>({
      method: 'PUT',
      path: pathOf(type, object.metadata?.namespace, nameOf(object), subresource),
      query: { fieldManager: this.fieldManager },
      body: object,
    });
  }

  updateStatus<T extends KubeObject>(type: ResourceType<T>, object: T): Promise<T> {
    return this.update(type, object, 'status');
  }

  patch<T extends KubeObject>(
    type: ResourceType<T>,
    target: { name: string; namespace?: string | undefined; subresource?: string },
    patch: unknown,
    patchType: PatchType = 'merge',
  ): Promise<T> {
    return this.transport.request<T>({
      method: 'PATCH',
      path: pathOf(type, target.namespace, target.name, target.subresource),
      query: { fieldManager: this.fieldManager },
      body: patch,
      contentType: PATCH_CONTENT_TYPE[patchType],
    });
  }

  async delete(
    type: ResourceType,
    target: { name: string; namespace?: string | undefined },
    options: DeleteOptions = {},
  ): Promise<void> {
    const { uid, resourceVersion, ...rest } = options;
    const preconditions = { ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) };
    await this.transport.request<unknown>({
      method: 'DELETE',
      path: pathOf(type, target.namespace, target.name),
      body: {
        kind: 'DeleteOptions',
        apiVersion: 'v1',
        ...rest,
        ...(Object.keys(preconditions).length > 0 ? { preconditions } : {}),
      },
    });
  }

  /** Every object of a kind, page by page, so that no single answer is large. */
  async *pages<T extends KubeObject>(
    type: ResourceType<T>,
    options: ListOptions = {},
    size = 500,
  ): AsyncIterable<KubeList<T>> {
    let token: string | undefined;
    do {
      const page: KubeList<T> = await this.list(type, {
        ...options,
        limit: size,
        ...(token ? { continue: token } : {}),
      });
      yield page;
      token = page.metadata.continue;
    } while (token);
  }
}
