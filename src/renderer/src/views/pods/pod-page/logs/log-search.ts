import { stripAnsi } from './ansi.ts';
import type { LogBuffer } from './log-buffer.ts';

/** Where a word stands in a line, in characters of the line without escapes. */
export interface TextRange {
  from: number;
  to: number;
}

/** Every place of `word` in the text, not regarding case. */
export function findIn(text: string, word: string): TextRange[] {
  if (word === '') return [];
  const haystack = text.toLowerCase();
  const needle = word.toLowerCase();
  const found: TextRange[] = [];
  for (let at = haystack.indexOf(needle); at >= 0; at = haystack.indexOf(needle, at + needle.length))
    found.push({ from: at, to: at + needle.length });
  return found;
}

/**
 * The lines of a log that hold a word, kept up to date as lines come: each line is looked at once. Lines are named by
 * their lasting numbers.
 */
export class LogSearch {
  #word = '';
  #hits: number[] = [];
  /** Number after the last line that was looked at. */
  #seen = 0;

  constructor(readonly buffer: LogBuffer) {}

  /** Numbers of the lines that hold the word, oldest first. */
  get hits(): readonly number[] {
    return this.#hits;
  }

  set word(word: string) {
    if (word === this.#word) return;
    this.#word = word;
    this.#hits = [];
    this.#seen = this.buffer.first;
  }

  get word(): string {
    return this.#word;
  }

  /** Looks at what came since the last call. */
  update(): void {
    const { buffer } = this;
    if (this.#word === '') return;
    const needle = this.#word.toLowerCase();
    const fresh: number[] = [];
    for (let number = Math.max(this.#seen, buffer.first); number < buffer.end; number++)
      if (
        stripAnsi(buffer.at(number - buffer.first))
          .toLowerCase()
          .includes(needle)
      )
        fresh.push(number);
    this.#seen = buffer.end;
    const kept =
      (this.#hits[0] ?? Infinity) < buffer.first ? this.#hits.filter((one) => one >= buffer.first) : this.#hits;
    if (fresh.length > 0 || kept !== this.#hits) this.#hits = [...kept, ...fresh];
  }

  /** The hit after (or before) a line, going round at the ends; undefined when there is none. */
  next(from: number | undefined, direction: 1 | -1): number | undefined {
    const hits = this.#hits;
    if (hits.length === 0) return undefined;
    if (from === undefined) return direction === 1 ? hits[0] : hits.at(-1);
    const found = direction === 1 ? hits.find((hit) => hit > from) : hits.findLast((hit) => hit < from);
    return found ?? (direction === 1 ? hits[0] : hits.at(-1));
  }
}
