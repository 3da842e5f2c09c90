import type { KindDefinition } from '../../resources/definition.ts';
import type { StoredValue } from '../../store/storage.ts';
import { asObject, asStored } from './as-object.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';

const converted = new WeakMap<KindDefinition, WeakMap<StoredValue, StoredValue>>();

/**
 * A stored value in the words of the version that is served. Made once for as long as the stored value lives, so that
 * a hundred watchers of a second version share one object, and its text.
 */
export function servedValue(kind: KindDefinition, stored: StoredValue): StoredValue {
  if (!kind.storedAs) return stored;
  let values = converted.get(kind);
  if (!values) converted.set(kind, (values = new WeakMap()));
  let value = values.get(stored);
  if (!value) {
    value = freezeDeep(asStored(kind.storedAs.fromStored(asObject(stored))));
    values.set(stored, value);
  }
  return value;
}

/** What is put into the store for an object of this version. */
export function storedValue(kind: KindDefinition, object: KubeObject): StoredValue {
  return asStored(kind.storedAs ? kind.storedAs.toStored(object) : object);
}

/** Whether what is stored is of the version that a write of `object` would store (upstream's `stale` of a decoded object). */
export function isInStorageVersion(kind: KindDefinition, object: KubeObject, stored: StoredValue): boolean {
  return !kind.storedAs || asObject(storedValue(kind, object)).apiVersion === asObject(stored).apiVersion;
}

function freezeDeep<T>(value: T): T {
  if (value === null || typeof value !== 'object' || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const member of Object.values(value)) freezeDeep(member);
  return value;
}
