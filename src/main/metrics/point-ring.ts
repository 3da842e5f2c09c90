/** CPU (cores) and memory (bytes) at one moment (ms since the epoch). */
export interface Point {
  at: number;
  cpu: number;
  memory: number;
}

const FIELDS = 3;

/** The last points of one series in flat memory; it grows only as far as it is used. */
export class PointRing {
  #values = new Float64Array(8 * FIELDS);
  #start = 0;
  #length = 0;

  constructor(private readonly capacity: number) {}

  push(point: Point): void {
    const room = this.#values.length / FIELDS;
    if (this.#length === room && room < this.capacity) this.#grow(Math.min(this.capacity, room * 2));
    const size = this.#values.length / FIELDS;
    const slot = ((this.#start + this.#length) % size) * FIELDS;
    this.#values.set([point.at, point.cpu, point.memory], slot);
    if (this.#length < size) this.#length++;
    else this.#start = (this.#start + 1) % size;
  }

  get last(): Point | undefined {
    return this.#length === 0 ? undefined : this.#at(this.#length - 1);
  }

  /** Points later than `after`, in time order. */
  since(after: number): Point[] {
    const points: Point[] = [];
    for (let index = this.#length - 1; index >= 0; index--) {
      const point = this.#at(index);
      if (point.at <= after) break;
      points.push(point);
    }
    return points.reverse();
  }

  #at(index: number): Point {
    const slot = ((this.#start + index) % (this.#values.length / FIELDS)) * FIELDS;
    return { at: this.#values[slot] ?? 0, cpu: this.#values[slot + 1] ?? 0, memory: this.#values[slot + 2] ?? 0 };
  }

  #grow(size: number): void {
    const points = this.since(-Infinity);
    this.#values = new Float64Array(size * FIELDS);
    points.forEach((point, index) => this.#values.set([point.at, point.cpu, point.memory], index * FIELDS));
    this.#start = 0;
  }
}
