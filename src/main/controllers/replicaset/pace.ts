/** Below this many pods counting them costs nothing worth saving. */
const SMALL = 500;
const PODS_PER_MS = 50;
const MAX_GAP_MS = 200;

/**
 * Spaces out looks at large ReplicaSets. Each look counts all their pods, and every pod that changes asks for one:
 * unspaced, ten thousand pods becoming ready would be counted ten thousand times.
 */
export class Pace {
  readonly #last = new Map<string, { at: number; gapMs: number }>();

  /** How long to wait before the next look; 0 for now. */
  waitMs(key: string, now: number): number {
    const last = this.#last.get(key);
    // A clock that went back must not make anybody wait for it to catch up.
    if (!last || now < last.at) return 0;
    return Math.max(0, last.at + last.gapMs - now);
  }

  /** A look was taken at so many pods. */
  note(key: string, pods: number, now: number): void {
    if (pods < SMALL) this.#last.delete(key);
    else this.#last.set(key, { at: now, gapMs: Math.min(MAX_GAP_MS, pods / PODS_PER_MS) });
  }

  forget(key: string): void {
    this.#last.delete(key);
  }
}
