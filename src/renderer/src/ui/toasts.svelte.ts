import { SvelteMap } from 'svelte/reactivity';

/** One message at the foot of the window. */
export interface Toast {
  id: number;
  tone: 'ok' | 'fail';
  text: string;
  /** More to read: what the server said. */
  detail?: string;
  action?: { label: string; run: () => void };
}

/** How long a toast stays; also how long an Undo is offered. */
export const TOAST_MS = 10_000;

/** The messages on screen. Errors stay until they are dismissed, since they ask for something to be done. */
export class Toasts {
  items = $state.raw<readonly Toast[]>([]);
  #nextId = 1;
  readonly #timers = new SvelteMap<number, ReturnType<typeof setTimeout>>();

  /** Says that something was done; `undo` is offered for ten seconds. */
  done(text: string, undo?: () => void): void {
    this.#show({ tone: 'ok', text, ...(undo ? { action: { label: 'Undo', run: undo } } : {}) }, TOAST_MS);
  }

  /** Says that something failed, and why. */
  failed(text: string, detail: string): void {
    this.#show({ tone: 'fail', text, detail });
  }

  dismiss(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.items = this.items.filter((toast) => toast.id !== id);
  }

  #show(toast: Omit<Toast, 'id'>, forMs?: number): void {
    const id = this.#nextId++;
    this.items = [...this.items.slice(-3), { ...toast, id }];
    if (forMs !== undefined)
      this.#timers.set(
        id,
        setTimeout(() => this.dismiss(id), forMs),
      );
  }
}
