import type { StorageEvent, StoredValue } from '../storage.ts';
import type { Slot } from './slot.ts';

/** An event as the window keeps it: what watchers get, and the slot that was there before, to look back in time. */
export class CommittedEvent implements StorageEvent {
  #text: string | undefined;

  constructor(
    readonly type: 'create' | 'update' | 'delete',
    /** The key's object after the write; for a delete the last one, stamped with the delete's revision. */
    readonly slot: Slot,
    readonly previousSlot: Slot | undefined,
    readonly at: number,
    /** The JSON text of the value, when the writer has it. */
    text?: string,
  ) {
    this.#text = text;
  }

  get key(): string {
    return this.slot.key;
  }

  get revision(): number {
    return this.slot.modRevision;
  }

  /** Bytes of the JSON text: what the window's size is counted in. */
  get size(): number {
    return this.slot.size;
  }

  get value(): StoredValue {
    return this.slot.object.value;
  }

  get previous(): StoredValue | undefined {
    return this.previousSlot?.object.value;
  }

  json(): string {
    return (this.#text ??= JSON.stringify(this.value));
  }
}
