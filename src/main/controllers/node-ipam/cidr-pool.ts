/** IPv4 subnets of one size out of one range (upstream cidrset), the lowest free one after the last given out first. */
export class CidrPool {
  readonly #base: number;
  readonly #used: Set<number> = new Set();
  readonly #count: number;
  readonly #size: number;
  #next = 0;

  /** `range` such as 10.244.0.0/16; `prefix` the length of each subnet's mask. Throws when the range is no IPv4 CIDR or too small. */
  constructor(
    range: string,
    private readonly prefix: number,
  ) {
    const parsed = parseCidr(range);
    if (!parsed || parsed.prefix > prefix || prefix > 32)
      throw new Error(`cannot cut /${String(prefix)} subnets out of "${range}"`);
    this.#base = parsed.address;
    this.#size = 2 ** (32 - prefix);
    this.#count = 2 ** (prefix - parsed.prefix);
  }

  /** The next free subnet, or undefined when all are used. */
  allocate(): string | undefined {
    for (let tried = 0; tried < this.#count; tried += 1) {
      const index = (this.#next + tried) % this.#count;
      if (this.#used.has(index)) continue;
      this.#used.add(index);
      // Not the one just released: traffic to its old addresses may still be under way.
      this.#next = index + 1;
      return format(this.#base + index * this.#size, this.prefix);
    }
    return undefined;
  }

  /** Marks whatever part of the range a CIDR covers as used. One outside the range is somebody else's affair. */
  occupy(cidr: string): void {
    for (const index of this.#indexes(cidr)) this.#used.add(index);
  }

  release(cidr: string): void {
    for (const index of this.#indexes(cidr)) this.#used.delete(index);
  }

  #indexes(cidr: string): number[] {
    const parsed = parseCidr(cidr);
    if (!parsed) return [];
    const first = Math.max(0, Math.floor((parsed.address - this.#base) / this.#size));
    const end = parsed.address + 2 ** (32 - parsed.prefix) - 1;
    const last = Math.min(this.#count - 1, Math.floor((end - this.#base) / this.#size));
    return last < first ? [] : Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
  }
}

function parseCidr(cidr: string): { address: number; prefix: number } | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr);
  if (!match) return undefined;
  const [, ...parts] = match.map(Number);
  const prefix = parts.pop() ?? 33;
  if (parts.some((part) => part > 255) || prefix > 32) return undefined;
  const address = parts.reduce((sum, part) => sum * 256 + part, 0);
  const size = 2 ** (32 - prefix);
  return { address: address - (address % size), prefix };
}

function format(address: number, prefix: number): string {
  const part = (shift: number): number => Math.floor(address / shift) % 256;
  return `${String(part(2 ** 24))}.${String(part(2 ** 16))}.${String(part(256))}.${String(part(1))}/${String(prefix)}`;
}
