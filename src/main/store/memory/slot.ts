import { shareFieldSets } from '../../../shared/api/managed-fields.ts';
import type { StoredObject, StoredValue } from '../storage.ts';

/**
 * One key's current object. What came from disk stays JSON bytes until somebody asks for it, so that opening a store
 * costs reading, not parsing.
 */
export class Slot {
  #object: StoredObject | undefined;
  #raw: Buffer | undefined;
  #load: (() => StoredValue) | undefined;

  private constructor(
    readonly key: string,
    readonly createRevision: number,
    readonly modRevision: number,
    /** Bytes of the JSON text. */
    readonly size: number,
  ) {}

  static of(object: StoredObject, size: number): Slot {
    const slot = new Slot(object.key, object.createRevision, object.modRevision, size);
    slot.#object = object;
    return slot;
  }

  static fromDisk(key: string, createRevision: number, modRevision: number, raw: Buffer): Slot {
    const slot = new Slot(key, createRevision, modRevision, raw.length);
    slot.#raw = raw;
    return slot;
  }

  /** A slot whose value is made on first use. */
  static lazy(key: string, createRevision: number, modRevision: number, size: number, load: () => StoredValue): Slot {
    const slot = new Slot(key, createRevision, modRevision, size);
    slot.#load = load;
    return slot;
  }

  /** The frozen object; parsed on first use. */
  get object(): StoredObject {
    this.#object ??= Object.freeze({
      key: this.key,
      value: this.#load?.() ?? parseValue(this.#raw?.toString('utf8') ?? 'null'),
      createRevision: this.createRevision,
      modRevision: this.modRevision,
    });
    this.#raw = undefined;
    this.#load = undefined;
    return this.#object;
  }

  /** Takes the object from a writer who has it already, which saves parsing it; kept only when nobody has asked yet. */
  adopt(object: StoredObject): void {
    this.#object ??= object;
    this.#raw = undefined;
    this.#load = undefined;
  }

  /** The JSON of the value: the bytes as read, or made anew. */
  text(): string | Buffer {
    return this.#raw ?? JSON.stringify(this.object.value);
  }
}

/** A frozen value of its JSON text. Field sets, which make up half of many objects, are shared with equal ones. */
export const parseValue = (text: string): StoredValue => deepFreeze(shareFieldSets(JSON.parse(text) as StoredValue));

/** The value with `metadata.resourceVersion` set, frozen through and through. Shares whatever was frozen already. */
export function stamp(value: StoredValue, revision: number): StoredValue {
  return deepFreeze({ ...value, metadata: { ...value.metadata, resourceVersion: String(revision) } });
}

/** Freezes a JSON value in depth. A frozen part is taken to be frozen in depth: only this function freezes. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  if (Array.isArray(value)) for (const item of value) deepFreeze(item);
  else for (const name in value) deepFreeze(value[name]);
  return value;
}
