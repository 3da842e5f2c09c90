interface Kept {
  readonly message: Buffer;
  readonly atMs: number;
  readonly untilMs: number;
}

/** CoreDNS's sizes: so many answers are kept, each for 30 s at most (kubeadm's Corefile). */
const MOST_ANSWERS = 9_984;
const LONGEST_SECONDS = 30;

/** Answers of other resolvers, for as long as they may be kept; the one not asked for longest goes first. */
export class AnswerCache {
  readonly #kept = new Map<string, Kept>();

  constructor(
    private readonly now: () => number,
    private readonly most = MOST_ANSWERS,
  ) {}

  /** The answer and its age in whole seconds. */
  get(key: string): { message: Buffer; ageSeconds: number } | undefined {
    const kept = this.#kept.get(key);
    if (!kept) return undefined;
    this.#kept.delete(key);
    if (this.now() >= kept.untilMs) return undefined;
    this.#kept.set(key, kept);
    return { message: kept.message, ageSeconds: Math.floor((this.now() - kept.atMs) / 1000) };
  }

  keep(key: string, message: Buffer, seconds: number): void {
    if (seconds <= 0) return;
    const atMs = this.now();
    this.#kept.delete(key);
    this.#kept.set(key, { message, atMs, untilMs: atMs + Math.min(seconds, LONGEST_SECONDS) * 1000 });
    if (this.#kept.size <= this.most) return;
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined) this.#kept.delete(oldest);
  }

  get size(): number {
    return this.#kept.size;
  }
}
