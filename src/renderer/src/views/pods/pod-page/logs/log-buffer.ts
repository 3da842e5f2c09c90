import { stripAnsi } from './ansi.ts';

/** More than a person reads, and about 100 MB of a chatty program: older lines then go, and are counted. */
export const MOST_LINES = 200_000;
/** A line without an end (a progress bar, a dump) is cut into lines of this length, so that drawing one stays cheap. */
const LONGEST_LINE = 16_384;

/**
 * The lines of a log as they arrive, in pieces that are not cut at line ends. Lines have numbers that stay theirs when
 * older ones are dropped.
 */
export class LogBuffer {
  #lines: string[] = [];
  #first = 0;
  /** The line under way: it is shown, and grows. */
  #partial = '';

  constructor(readonly mostLines = MOST_LINES) {}

  /** Lines held, with the one under way. */
  get length(): number {
    return this.#lines.length + (this.#partial === '' ? 0 : 1);
  }

  /** Number of the oldest line held: how many were dropped. */
  get first(): number {
    return this.#first;
  }

  /** Number after the newest whole line. */
  get end(): number {
    return this.#first + this.#lines.length;
  }

  /** The line at an index from 0, with its escapes. */
  at(index: number): string {
    return this.#lines[index] ?? (index === this.#lines.length ? this.#partial : '');
  }

  append(text: string): void {
    const pieces = (this.#partial + text).split('\n');
    this.#partial = pieces.pop() ?? '';
    for (const piece of pieces) this.#push(piece.endsWith('\r') ? piece.slice(0, -1) : piece);
    while (this.#partial.length > LONGEST_LINE) {
      this.#lines.push(this.#partial.slice(0, LONGEST_LINE));
      this.#partial = this.#partial.slice(LONGEST_LINE);
    }
    // Dropping a tenth at once keeps the cost of dropping away from every single line.
    if (this.#lines.length > this.mostLines) {
      const drop = this.#lines.length - Math.floor(this.mostLines * 0.9);
      this.#lines = this.#lines.slice(drop);
      this.#first += drop;
    }
  }

  #push(line: string): void {
    for (let from = 0; from === 0 || from < line.length; from += LONGEST_LINE)
      this.#lines.push(line.length <= LONGEST_LINE ? line : line.slice(from, from + LONGEST_LINE));
  }

  /** All that is held, as plain text for a file. */
  text(): string {
    const lines = this.#partial === '' ? this.#lines : [...this.#lines, this.#partial];
    return lines.map((line) => `${stripAnsi(line)}\n`).join('');
  }
}
