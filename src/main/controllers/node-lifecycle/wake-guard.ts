/**
 * Notices that this process was not running for a while: the lid was closed, the machine suspended, the process
 * stopped. Whatever seemed silent during that time was silent to us only, so nobody's silence may be held against them.
 */
export class WakeGuard {
  #lastTick: number | undefined;

  constructor(private readonly maxGapMs: number) {}

  /** To be called at each tick, before anything is judged. True when the time since the last was a sleep, not a tick. */
  slept(now: number): boolean {
    const last = this.#lastTick;
    this.#lastTick = now;
    // A clock that went back says nothing about how long we were away, so it counts too.
    return last !== undefined && (now - last > this.maxGapMs || now < last);
  }
}
