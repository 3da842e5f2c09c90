import type { StorageEvent, StoredValue } from '../storage.ts';
import type { Slot } from './slot.ts';

/** An event as the window keeps it: what watchers get, and the slot that was there before, to look back in time. */
export class CommittedEvent implements StorageEvent {
  #text: string | undefined;

  constructor(
    readonly type: 'create' | 'update' | 'delete',
    readonly key: string,
    readonly revision: number,
    readonly value: StoredValue,
    readonly previousSlot: Slot | undefined,
    /** Bytes of the JSON text: what the window's size is counted in. */
    readonly size: number,
    readonly at: number,
    text?: string,
  ) {
    this.#text = text;
  }

  get previous(): StoredValue | undefined {
    return this.previousSlot?.object.value;
  }

  json(): string {
    return (this.#text ??= JSON.stringify(this.value));
  }
}
