import type { KubeObject } from '../../../shared/api/meta.ts';
import type { KindDefinition } from '../../resources/definition.ts';

/** What was set aside for a write that has not been made yet. */
export interface Reservation {
  /** The write is made: what it no longer needs is given back. */
  commit(): Promise<void>;
  /** The write is not made: everything is as before. */
  release(): Promise<void>;
}

/** Something outside of an object that its writes must take or give back (upstream's BeginCreate, BeginUpdate, AfterDelete). */
export interface WriteHook {
  readonly group: string;
  readonly plural: string;
  /** May fill in `object`. `old` is absent for a new object. Throws what refuses the write, having taken nothing. */
  begin(object: KubeObject, old: KubeObject | undefined, dryRun: boolean): Promise<Reservation>;
  /** The object is gone for good. */
  deleted(object: KubeObject): Promise<void>;
}

/** Of a write that takes nothing. */
export const NO_RESERVATION: Reservation = { commit: () => Promise.resolve(), release: () => Promise.resolve() };

/** The hooks of all kinds. Few kinds have one. */
export class WriteHooks {
  readonly #hooks = new Map<string, WriteHook>();

  add(hook: WriteHook): void {
    this.#hooks.set(`${hook.group}/${hook.plural}`, hook);
  }

  async begin(
    { type }: KindDefinition,
    object: KubeObject,
    old: KubeObject | undefined,
    dryRun: boolean,
  ): Promise<Reservation> {
    return (await this.#hooks.get(`${type.group}/${type.plural}`)?.begin(object, old, dryRun)) ?? NO_RESERVATION;
  }

  async deleted({ type }: KindDefinition, object: KubeObject): Promise<void> {
    await this.#hooks.get(`${type.group}/${type.plural}`)?.deleted(object);
  }
}

/** Makes a write with what was reserved for it: given back when it fails, settled when it is made. */
export async function withReservation<T>(reservation: Reservation, write: () => Promise<T>): Promise<T> {
  let written: T;
  try {
    written = await write();
  } catch (error) {
    await reservation.release();
    throw error;
  }
  await reservation.commit();
  return written;
}
