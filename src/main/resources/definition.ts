import type { KubeObject } from '../../shared/api/meta.ts';
import type { ResourceType } from '../../shared/api/kinds.ts';
import type { Schema } from './schema/schema.ts';
import type { JsonObject } from './decode/json-value.ts';
import type { FieldError } from './validation/field-error.ts';

/** A printer column of a server-side Table (`kubectl get`). */
export interface Column<T extends KubeObject> {
  name: string;
  type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  /** `name` for the first column, as upstream. */
  format?: string;
  description: string;
  /** 0 shows always, 1 only with `-o wide`. */
  priority: 0 | 1;
  /** The cell. Ages are printed here too (`5m`), so `now` (ms) is passed in. */
  cell(object: T, now: number): string | number | boolean | null;
}

/** What a write is about: passed to strategies so that they need no clock or globals. */
export interface WriteContext {
  now: Date;
  userName: string;
  /** The rest of what is known of the writer (authentication/v1 UserInfo); absent for writes that no request caused. */
  user?: {
    readonly uid?: string;
    readonly groups: readonly string[];
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
}

/** Where the scale subresource reads and writes. */
export interface ScaleStrategy<T extends KubeObject> {
  specReplicas(object: T): number;
  statusReplicas(object: T): number;
  /** The `status.selector` text. */
  selector(object: T): string;
  /** A copy with the new replica count. */
  withReplicas(object: T, replicas: number): T;
}

/**
 * How a served version is kept. Conversion never loses anything: what another version has no field for is kept in
 * annotations, as upstream does. Neither function changes its argument.
 */
export interface StoredVersion<T extends KubeObject> {
  /** Names the place in the store; all versions of a resource say the same. */
  group: string;
  plural: string;
  toStored(object: T): KubeObject;
  fromStored(stored: KubeObject): T;
}

/**
 * A kind, whole: names, schema, defaults, rules, columns. The API server is written once over this; adding a kind is
 * adding one file under `kinds/` and listing it in `registry.ts`.
 * Objects passed to `default*` and `prepare*` are private copies and are changed in place; others are read-only.
 */
export interface KindDefinition<T extends KubeObject = KubeObject> {
  type: ResourceType<T>;
  singular: string;
  shortNames: readonly string[];
  categories: readonly string[];
  /** Name of the OpenAPI schema, e.g. `io.k8s.api.core.v1.Pod`. */
  schema: string;
  /** The schema itself when it is in no catalog (custom resources); the same object every time. */
  schemaOf?(): Schema;
  /** Name of its list, when that is not the kind's with `List` after it. */
  listKind?: string;
  /** Reads a body by rules of its own instead of the schema's (custom resources). Throws DecodeError. */
  decode?(body: JsonObject): { value: JsonObject; unknownFields: string[] };
  /** Put on an object by the first request to delete it, for whoever cleans up after it. */
  finalizersOnDelete?: readonly string[];
  /** Told with every answer, of a version that should no longer be used. */
  deprecationWarning?: string;
  /** Leases and events are coalesced; everything else is durable. */
  durability: 'durable' | 'coalesced';
  /** Set when objects are stored as another version, or another group's, of the same resource. */
  storedAs?: StoredVersion<T>;
  /** Absent: all of a stored kind's. A kind that is computed and not stored (reviews, metrics) says what it has. */
  verbs?: readonly string[];
  /** Not in the store: each verb has a handler of its own in the API server (`virtual-resources.ts`). */
  virtual?: boolean;
  /** A kind of ours: wrong types are 422 in the words of custom resources, and there is no strategic merge patch. */
  custom?: boolean;
  /** Objects of this kind are forgotten this long after their last write (events: one hour). */
  ttlSeconds?: number;
  /** Whether `/status` exists; then plain writes cannot touch status and status writes touch nothing else. */
  hasStatus: boolean;
  scale?: ScaleStrategy<T>;
  /** Other subresources by name (pods: log, exec, binding; their handlers are the API server's), for discovery. */
  subresources: readonly SubresourceDefinition[];
  /** Whether a create may leave out metadata.name for generateName, and how names are checked. */
  nameRule: 'dns1123subdomain' | 'dns1123label' | 'dns1035label' | 'path-segment';
  /** PUT without resourceVersion is allowed (unconditional update). */
  allowUnconditionalUpdate: boolean;
  /** PUT to a name that does not exist creates it (leases, events … as upstream). */
  allowCreateOnUpdate: boolean;
  setDefaults(object: T): void;
  /** Last changes before a create is validated: clears status, sets what the server owns. */
  prepareForCreate?(object: T, context: WriteContext): void;
  /** The same before an update; `old` is what is stored. */
  prepareForUpdate?(object: T, old: T, context: WriteContext): void;
  /** Like prepareForUpdate, for writes to `/status`. */
  prepareForStatusUpdate?(object: T, old: T, context: WriteContext): void;
  validate(object: T): FieldError[];
  /** What holds for new objects only. Called in addition to `validate`. */
  validateCreate?(object: T): FieldError[];
  /** Immutability and transition rules. Called in addition to `validate`. */
  validateUpdate?(object: T, old: T): FieldError[];
  validateStatusUpdate?(object: T, old: T): FieldError[];
  /** Field selectors beyond metadata.name and metadata.namespace. */
  selectableFields: Readonly<Record<string, (object: T) => string>>;
  /** Table columns after which Age is not added by itself: the list is complete and in order. */
  columns: readonly Column<T>[];
  /** Seconds of graceful deletion when the request names none; undefined: deleted at once (pods: see the registry's rules). */
  defaultGraceSeconds?(object: T, requested: number | undefined): number | undefined;
}

export interface SubresourceDefinition {
  name: string;
  /** Kind of its body, e.g. `{group:'policy', version:'v1', kind:'Eviction'}`. */
  kind: { group: string; version: string; kind: string };
  verbs: readonly string[];
}
