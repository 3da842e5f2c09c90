/**
 * Ends a connection on which nothing is asked: soon when not even a first request came whole, later when it has been
 * idle since its last. Node's own limits do not hold for connections that could have been HTTP/2.
 */
export class ConnectionDeadline {
  #timer: NodeJS.Timeout | undefined;
  #inFlight = 0;
  #over = false;

  /** `end` is called once, unless the connection ends by itself before: then call `stop`. */
  constructor(
    private readonly end: () => void,
    firstRequestMs: number,
    private readonly idleMs: number,
  ) {
    this.#arm(firstRequestMs);
  }

  /** A request has come whole, as far as its headers go. */
  requestBegun(): void {
    this.#inFlight += 1;
    clearTimeout(this.#timer);
  }

  requestEnded(): void {
    this.#inFlight -= 1;
    if (this.#inFlight === 0 && !this.#over) this.#arm(this.idleMs);
  }

  /** The connection is over, or has become something else. */
  stop(): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }

  #arm(ms: number): void {
    this.#timer = setTimeout(this.end, ms);
    this.#timer.unref();
  }
}
