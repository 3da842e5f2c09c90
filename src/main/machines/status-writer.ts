import { isDeepStrictEqual } from 'node:util';
import type { ApiClient } from '../../shared/client/api-client.ts';
import { isNotFound } from '../../shared/api/errors.ts';
import { MACHINES } from '../../shared/api/kinds.ts';
import type { MachineStatus } from '../../shared/api/machine.ts';

/**
 * Writes one Machine's status. Changes are taken at once and written in the background, the latest state at a time, so
 * that a fast sender of progress costs no more writes than the server can take. Only we write this status.
 */
export class StatusWriter {
  #written: MachineStatus;
  #wanted: MachineStatus;
  #writing: Promise<void> | undefined;

  constructor(
    private readonly client: ApiClient,
    private readonly name: string,
    initial: MachineStatus,
    private readonly onError: (error: unknown) => void,
  ) {
    this.#written = initial;
    this.#wanted = initial;
  }

  get current(): MachineStatus {
    return this.#wanted;
  }

  update(change: (status: MachineStatus) => MachineStatus): void {
    this.#wanted = change(this.#wanted);
    void this.flush().catch(this.onError);
  }

  /** Resolves when what is wanted now is written; rejects when it could not be. The Machine being gone is fine. */
  flush(): Promise<void> {
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
    return this.#writing;
  }

  async #write(): Promise<void> {
    for (let patch = difference(this.#written, this.#wanted); patch; patch = difference(this.#written, this.#wanted)) {
      const target = this.#wanted;
      try {
        await this.client.patch(MACHINES, { name: this.name, subresource: 'status' }, { status: patch });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      this.#written = target;
    }
  }
}

/** The merge patch that leads from one status to the other (null removes), or undefined when they are the same. */
export function difference(from: MachineStatus, to: MachineStatus): Record<string, unknown> | undefined {
  const before = new Map<string, unknown>(Object.entries(from));
  const after = new Map<string, unknown>(Object.entries(to));
  const patch: Record<string, unknown> = {};
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    if (!isDeepStrictEqual(before.get(key), after.get(key))) patch[key] = after.get(key) ?? null;
  }
  return Object.keys(patch).length > 0 ? patch : undefined;
}
