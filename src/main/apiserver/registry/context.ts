import { randomUUID } from 'node:crypto';
import type { Clock } from '../../../shared/logger.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import type { KindDefinition } from '../../resources/definition.ts';
import type { Storage, StoredValue } from '../../store/storage.ts';
import type { AdmissionChain } from '../admission/chain.ts';
import type { UserInfo } from '../auth/user.ts';

/** What every registry operation works with. */
export interface RegistryContext {
  storage: Storage;
  clock: Clock;
  admission: AdmissionChain;
  /** In [0, 1): suffixes of generated names. */
  random: () => number;
}

/** Which kind, where, and who asks. `namespace` is empty for cluster-scoped kinds and for all namespaces. */
export interface Target {
  kind: KindDefinition;
  namespace: string;
  name: string;
  user: UserInfo;
}

/** The outcome of a write. */
export interface Written {
  object: StoredValue;
  /** Whether the object came to be by this write (201). */
  created: boolean;
}

export const newUid = (): string => randomUUID();

/** RFC 3339 to the second, as metav1.Time prints. */
export const timestamp = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** A stored value seen as an object. Frozen: read only. */
export const asObject = (value: StoredValue): KubeObject => value as unknown as KubeObject;
export const asStored = (object: KubeObject): StoredValue => object as unknown as StoredValue;

/** `metadata` of an object being written, made when it is missing. */
export function metaOf(object: KubeObject): NonNullable<KubeObject['metadata']> {
  object.metadata ??= {};
  return object.metadata;
}
