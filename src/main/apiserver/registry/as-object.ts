import type { KubeObject } from '../../../shared/api/meta.ts';
import type { StoredValue } from '../../store/storage.ts';

/** A stored value seen as an object. Frozen: read only. */
export const asObject = (value: StoredValue): KubeObject => value as unknown as KubeObject;
export const asStored = (object: KubeObject): StoredValue => object as unknown as StoredValue;
