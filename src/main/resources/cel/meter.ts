import { CelError } from './cel-error.ts';

/** Cost one expression may have, and all expressions on one object (apiserver `PerCallLimit`, `RuntimeCELCostBudget`). */
const PER_CALL_LIMIT = 1_000_000;
export const TOTAL_BUDGET = 10_000_000;

/**
 * Counts what an evaluation costs, in units like cel-go's: one for an operation, a tenth for each character or item that
 * an operation walks over. Expressions are someone else's programs on our event loop: this is what ends them.
 */
export class Meter {
  #used = 0;

  constructor(readonly limit: number = PER_CALL_LIMIT) {}

  get used(): number {
    return this.#used;
  }

  get exceeded(): boolean {
    return this.#used > this.limit;
  }

  /** Throws once the limit is passed, and at every charge after. */
  charge(cost: number): void {
    this.#used += cost;
    if (this.exceeded) throw costError();
  }
}

export const costError = (): CelError => new CelError('cost', 'operation cancelled: actual cost limit exceeded');

// The library calls its functions without a word about which evaluation they are part of. Evaluations are synchronous,
// so there is one at a time, or one inside another.
let current: Meter | undefined;

/** Charges the evaluation that is running; outside of one it costs nothing. */
export function charge(cost: number): void {
  current?.charge(cost);
}

/** Runs `evaluate` on this meter's account. */
export function metered<T>(meter: Meter, evaluate: () => T): T {
  const outer = current;
  current = meter;
  try {
    return evaluate();
  } finally {
    current = outer;
  }
}

const PER_ITEM = 0.1;
/** Deeper than any object is, so that a value that holds itself does not go on for ever. */
const DEEPEST = 64;

/** The cost of walking over a value: its characters, and the items and members of it at every depth. */
export function traversal(value: unknown, depth = 0): number {
  if (typeof value === 'string') return value.length * PER_ITEM;
  if (value instanceof Uint8Array) return value.length * PER_ITEM;
  if (value === null || typeof value !== 'object' || depth > DEEPEST) return PER_ITEM;
  let cost = PER_ITEM;
  const members = Array.isArray(value) ? value : value instanceof Map ? value.values() : Object.values(value);
  for (const member of members) {
    cost += traversal(member, depth + 1);
    // What is too much already need not be counted to the end.
    if (cost > PER_CALL_LIMIT) break;
  }
  return cost;
}

/** The cost of a value of which only the first level is walked over. */
export function shallow(value: unknown): number {
  if (typeof value === 'string' || Array.isArray(value) || value instanceof Uint8Array) return value.length * PER_ITEM;
  return value instanceof Map ? value.size * PER_ITEM : 0;
}
