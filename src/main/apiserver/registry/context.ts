import { randomUUID } from 'node:crypto';
import type { Clock } from '../../../shared/logger.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import type { KindDefinition } from '../../resources/definition.ts';
import type { Storage, StoredValue } from '../../store/storage.ts';
import type { AdmissionChain } from '../admission/chain.ts';
import type { KindCatalog } from '../../resources/catalog.ts';
import type { Annotate } from '../audit/annotate.ts';
import type { UserInfo } from '../auth/user.ts';
import type { Views } from '../views/views.ts';
import type { WriteHooks } from './write-hooks.ts';

/** What every registry operation works with. */
export interface RegistryContext {
  storage: Storage;
  clock: Clock;
  admission: AdmissionChain;
  /** What is served at the moment. */
  catalog: KindCatalog;
  /** Kinds the server itself reads all the time, kept up to date. */
  views: Views;
  /** What writes of a kind take and give back besides. */
  hooks: WriteHooks;
  /** In [0, 1): suffixes of generated names. */
  random: () => number;
}

/** Which kind, where, and who asks. `namespace` is empty for cluster-scoped kinds and for all namespaces. */
export interface Target {
  kind: KindDefinition;
  namespace: string;
  name: string;
  user: UserInfo;
  /** The field manager: who owns what is written. Absent for the server's own writes; empty when the client did not say. */
  manager?: string;
  /** `fieldManager` and `fieldValidation` as the client said them, for admission. Absent for the server's own writes. */
  options?: Readonly<Record<string, string>>;
  /** What the client should be told besides; the request's own list. Absent for the server's own writes. */
  warnings?: string[];
  /** Notes something in the request's audit event. Absent for the server's own writes. */
  annotate?: Annotate;
}

/** The outcome of a write. */
export interface Written {
  object: StoredValue;
  /** Whether the object came to be by this write (201). */
  created: boolean;
}

export const newUid = (): string => randomUUID();

let lastSecond = { second: NaN, text: '' };

/** RFC 3339 to the second, as metav1.Time prints. What is written in one second shares its text. */
export function timestamp(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second !== lastSecond.second) lastSecond = { second, text: `${new Date(ms).toISOString().slice(0, 19)}Z` };
  return lastSecond.text;
}

/** `metadata` of an object being written, made when it is missing. */
export function metaOf(object: KubeObject): NonNullable<KubeObject['metadata']> {
  object.metadata ??= {};
  return object.metadata;
}
