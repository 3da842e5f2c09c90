import { alreadyExists, ApiError, badRequest, conflict, methodNotAllowed, notFound } from '../api/errors.ts';
import { apiVersionOf, type ResourceType } from '../api/kinds.ts';
import { keyOf, nameOf, type KubeObject, type WatchEvent } from '../api/meta.ts';
import { matchesAll, parseLabelSelector } from '../api/selector.ts';
import type { ApiRequest, Query, Transport } from '../client/transport.ts';
import { mergePatch } from './merge-patch.ts';

/** What a path names. */
interface Target {
  group: string;
  plural: string;
  namespace?: string;
  name?: string;
  subresource?: string;
}

interface LoggedEvent {
  revision: number;
  target: Target;
  event: WatchEvent<KubeObject>;
}

/** Parts of an object that only the status subresource may change, as far as controllers rely on it. */
type Loose = KubeObject & { spec?: Record<string, unknown>; status?: Record<string, unknown> };

/**
 * An API server small enough for tests and benchmarks of API clients: one process, no validation, no defaulting.
 * It keeps what clients depend on: resourceVersions and conflicts, watches from a revision, the status subresource,
 * generation, finalizers, uid preconditions, graceful deletion of scheduled pods, bindings, namespace finalization.
 */
export class MemoryApi implements Transport {
  readonly #collections = new Map<string, Map<string, Loose>>();
  readonly #log: LoggedEvent[] = [];
  readonly #wakers = new Set<() => void>();
  #revision = 0;
  #uids = 0;
  /** Every request as `METHOD path`, in order; for tests that care what was asked. */
  readonly requests: string[] = [];
  /** Runs before each request; throw an ApiError to make it fail. */
  intercept: ((request: ApiRequest) => void) | undefined;

  constructor(
    private readonly options: {
      now?: () => number;
      recordRequests?: boolean;
      /** What discovery answers; any kind can be stored whether it is listed or not. */
      types?: readonly ResourceType[];
    } = {},
  ) {}

  request<T>(request: ApiRequest): Promise<T> {
    try {
      if (this.options.recordRequests !== false) this.requests.push(`${request.method} ${request.path}`);
      this.intercept?.(request);
      return Promise.resolve(this.#handle(request) as T);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  async *watch<T>(request: { path: string; query: Query; signal: AbortSignal }): AsyncIterable<WatchEvent<T>> {
    const target = parsePath(request.path);
    const selector = parseLabelSelector(request.query['labelSelector'] ?? '');
    const from = Number(request.query['resourceVersion'] ?? 0);
    let position = this.#log.findIndex((entry) => entry.revision > from);
    if (position < 0) position = this.#log.length;
    while (!request.signal.aborted) {
      for (; position < this.#log.length; position += 1) {
        const entry = this.#log[position];
        if (!entry || !sameCollection(entry.target, target)) continue;
        if (entry.event.type !== 'ERROR' && !matchesAll(selector, entry.event.object.metadata?.labels)) continue;
        yield entry.event as WatchEvent<T>;
      }
      await this.#nextEvent(request.signal);
    }
  }

  // eslint-disable-next-line require-yield -- the contract is an async iterable; this server has no logs to stream.
  async *stream(): AsyncIterable<Uint8Array> {
    await Promise.reject(methodNotAllowed());
  }

  /** Breaks every running watch's wait, so that fake clocks are never needed to deliver events. */
  #nextEvent(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#wakers.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#wakers.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  #handle(request: ApiRequest): unknown {
    const types = this.options.types ?? [];
    if (request.method === 'GET' && /^\/(apis|api\/v1|apis\/[^/]+\/[^/]+)$/.test(request.path))
      return request.path === '/apis' ? groupList(types) : resourceList(types, request.path);
    const target = parsePath(request.path);
    if (target.name === undefined) {
      if (request.method === 'GET') return this.#list(target, request.query ?? {});
      if (request.method === 'POST') return this.#create(target, request.body as Loose);
      throw methodNotAllowed();
    }
    if (request.method === 'POST' && target.subresource === 'binding') return this.#bind(target, request.body);
    const current = this.#get(target);
    switch (request.method) {
      case 'GET':
        return current;
      case 'PUT':
        return this.#replace(target, current, request.body as Loose);
      case 'PATCH':
        return this.#replace(target, current, this.#patched(current, request));
      case 'DELETE':
        return this.#delete(target, current, (request.body ?? {}) as DeleteBody);
      case 'POST':
        throw methodNotAllowed();
    }
  }

  #patched(current: Loose, request: ApiRequest): Loose {
    if (request.contentType === 'application/json-patch+json') throw badRequest('json patch is not supported here');
    const strategic = request.contentType === 'application/strategic-merge-patch+json';
    return mergePatch(current, request.body, strategic) as Loose;
  }

  #collection(target: Target): Map<string, Loose> {
    const id = `${target.group}/${target.plural}`;
    let collection = this.#collections.get(id);
    if (!collection) this.#collections.set(id, (collection = new Map<string, Loose>()));
    return collection;
  }

  #get(target: Target): Loose {
    const found = this.#collection(target).get(keyIn(target));
    if (!found) throw notFound(target, target.name ?? '');
    return found;
  }

  #list(target: Target, query: Query): unknown {
    const selector = parseLabelSelector(query['labelSelector'] ?? '');
    const items = [...this.#collection(target).values()].filter(
      (item) =>
        (!target.namespace || item.metadata?.namespace === target.namespace) &&
        matchesAll(selector, item.metadata?.labels),
    );
    return { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: String(this.#revision) }, items };
  }

  #create(target: Target, body: Loose): Loose {
    const object = structuredClone(body);
    const metadata = (object.metadata ??= {});
    this.#uids += 1;
    if (!metadata.name && metadata.generateName) metadata.name = `${metadata.generateName}${String(this.#uids)}`;
    if (target.namespace) metadata.namespace = target.namespace;
    if (this.#collection(target).has(keyOf(object))) throw alreadyExists(target, nameOf(object));
    metadata.uid ??= `uid-${String(this.#uids)}`;
    metadata.creationTimestamp ??= this.#timestamp();
    metadata.generation = 1;
    return this.#store(target, object, 'ADDED');
  }

  #replace(target: Target, current: Loose, body: Loose): Loose {
    const sent = body.metadata?.resourceVersion;
    if (sent && sent !== current.metadata?.resourceVersion) throw conflict(target, target.name ?? '');
    const next = structuredClone(body);
    if (target.subresource === 'status') {
      const { status } = next;
      Object.assign(next, structuredClone(current), status === undefined ? {} : { status });
    } else if (current.status !== undefined) next.status = structuredClone(current.status);
    next.metadata = {
      ...next.metadata,
      ...pick(current.metadata ?? {}, ['uid', 'creationTimestamp', 'generation', 'deletionTimestamp']),
    };
    if (JSON.stringify(strip(next)) === JSON.stringify(strip(current))) return current;
    if (JSON.stringify(next.spec) !== JSON.stringify(current.spec))
      next.metadata.generation = (current.metadata?.generation ?? 0) + 1;
    const finalized = next.metadata.deletionTimestamp && !hasFinalizers(next);
    // A pod that is on its way out leaves when its kubelet says so, not when a finalizer goes.
    if (finalized && !(target.plural === 'pods' && next.metadata.deletionGracePeriodSeconds))
      return this.#remove(target, next);
    return this.#store(target, next, 'MODIFIED');
  }

  #delete(target: Target, current: Loose, body: DeleteBody): Loose {
    const { uid, resourceVersion } = body.preconditions ?? {};
    if (uid && uid !== current.metadata?.uid)
      throw conflict(target, target.name ?? '', `the UID in the precondition (${uid}) does not match`);
    if (resourceVersion && resourceVersion !== current.metadata?.resourceVersion)
      throw conflict(target, target.name ?? '');
    const object = structuredClone(current);
    const metadata = (object.metadata ??= {});
    const finalizers = new Set(metadata.finalizers);
    if (body.propagationPolicy === 'Foreground') finalizers.add('foregroundDeletion');
    if (body.propagationPolicy === 'Orphan') finalizers.add('orphan');
    metadata.finalizers = [...finalizers];
    const grace = target.plural === 'pods' && object.spec?.['nodeName'] ? (body.gracePeriodSeconds ?? 30) : 0;
    if (!hasFinalizers(object) && grace === 0) return this.#remove(target, object);
    metadata.deletionTimestamp ??= this.#timestamp();
    if (grace > 0) metadata.deletionGracePeriodSeconds = grace;
    else delete metadata.deletionGracePeriodSeconds;
    return this.#store(target, object, 'MODIFIED');
  }

  #bind(target: Target, body: unknown): unknown {
    const pod = this.#get(target);
    if (pod.spec?.['nodeName']) throw conflict(target, target.name ?? '', 'pod is already assigned to a node');
    const node = (body as { target: { name: string } }).target.name;
    const bound = { ...pod, metadata: { ...pod.metadata }, spec: { ...pod.spec, nodeName: node } };
    this.#store(target, bound, 'MODIFIED');
    return { kind: 'Status', apiVersion: 'v1', status: 'Success' };
  }

  #remove(target: Target, object: Loose): Loose {
    this.#collection(target).delete(keyIn(target));
    return this.#announce(target, object, 'DELETED');
  }

  #store(target: Target, object: Loose, type: 'ADDED' | 'MODIFIED'): Loose {
    const stored = this.#announce(target, object, type);
    this.#collection(target).set(keyOf(stored), stored);
    return stored;
  }

  #announce(target: Target, object: Loose, type: 'ADDED' | 'MODIFIED' | 'DELETED'): Loose {
    this.#revision += 1;
    object.metadata = { ...object.metadata, resourceVersion: String(this.#revision) };
    const at = { ...target, namespace: object.metadata.namespace ?? '' };
    this.#log.push({ revision: this.#revision, target: at, event: { type, object } });
    for (const wake of [...this.#wakers]) wake();
    return object;
  }

  #timestamp(): string {
    return new Date(this.options.now?.() ?? 0).toISOString().replace(/\.\d+Z$/, 'Z');
  }
}

interface DeleteBody {
  preconditions?: { uid?: string; resourceVersion?: string };
  propagationPolicy?: string;
  gracePeriodSeconds?: number;
}

const hasFinalizers = (object: Loose): boolean =>
  (object.metadata?.finalizers?.length ?? 0) > 0 ||
  ((object.spec?.['finalizers'] as unknown[] | undefined)?.length ?? 0) > 0;

const strip = (object: Loose): unknown => ({ ...object, metadata: { ...object.metadata, resourceVersion: '' } });

function pick<T extends object, Key extends keyof T>(from: T, keys: Key[]): Partial<Pick<T, Key>> {
  return Object.fromEntries(keys.flatMap((key) => (from[key] === undefined ? [] : [[key, from[key]]]))) as Partial<
    Pick<T, Key>
  >;
}

function sameCollection(have: Target, want: Target): boolean {
  if (have.group !== want.group || have.plural !== want.plural) return false;
  return !want.namespace || want.namespace === have.namespace;
}

const keyIn = (target: Target): string =>
  target.namespace ? `${target.namespace}/${target.name ?? ''}` : (target.name ?? '');

/** `/api/v1/namespaces/a/pods/p/status` and its like. A path below `namespaces/NAME` that is no collection is a subresource. */
function parsePath(path: string): Target {
  const [root, ...rest] = path.slice(1).split('/').map(decodeURIComponent);
  const group = root === 'apis' ? (rest.shift() ?? '') : '';
  rest.shift();
  if (rest[0] === 'namespaces' && rest.length >= 3 && rest[2] !== 'status' && rest[2] !== 'finalize') {
    const [, namespace = '', plural = '', name, subresource] = rest;
    return { group, plural, namespace, ...(name ? { name } : {}), ...(subresource ? { subresource } : {}) };
  }
  const [plural, name, subresource] = rest;
  if (!plural) throw new ApiError(404, 'NotFound', `404 page not found: ${path}`);
  return { group, plural, ...(name ? { name } : {}), ...(subresource ? { subresource } : {}) };
}

function groupList(types: readonly ResourceType[]): unknown {
  const versions = new Set(types.filter((type) => type.group !== '').map(apiVersionOf));
  return { groups: [...versions].map((groupVersion) => ({ preferredVersion: { groupVersion } })) };
}

function resourceList(types: readonly ResourceType[], path: string): unknown {
  const groupVersion = path.replace(/^\/apis?\//, '');
  const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
  const resources = types
    .filter((type) => apiVersionOf(type) === groupVersion)
    .map(({ plural, kind, namespaced }) => ({ name: plural, kind, namespaced, verbs }));
  return { groupVersion, resources };
}
