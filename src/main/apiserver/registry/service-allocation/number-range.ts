/** Numbers to give out one by one, the lower ones only when the others are gone: those are for who asks by name. */
export interface NumberRange {
  readonly first: number;
  readonly last: number;
  /** How many of the first are kept back (KEP-3070, KEP-3668). */
  readonly keptBack: number;
}

/** Every number once: the upper part round from a random place, then the lower (ipallocator ipIterator). */
export function* candidates({ first, last, keptBack }: NumberRange, random: () => number): Generator<number> {
  const middle = first + keptBack;
  for (const [from, to] of [
    [middle, last],
    [first, middle - 1],
  ] as const) {
    const size = to - from + 1;
    if (size <= 0) continue;
    const start = Math.floor(random() * size);
    for (let step = 0; step < size; step += 1) yield from + ((start + step) % size);
  }
}

const toNumber = (ip: string): number => ip.split('.').reduce((value, part) => value * 256 + Number(part), 0);

export const toIp = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');

/** The addresses of an IPv4 range, without the network's own and the broadcast address. */
export function addressRange(cidr: string): NumberRange {
  const [address = '', bits = '32'] = cidr.split('/');
  const size = 2 ** (32 - Number(bits));
  const base = Math.floor(toNumber(address) / size) * size;
  const usable = Math.max(0, size - 2);
  // calculateRangeOffset: a sixteenth, at least 16 and at most 256; small ranges keep nothing back.
  const keptBack = usable < 16 ? 0 : Math.min(Math.max(16, Math.floor(usable / 16)), 256);
  return { first: base + 1, last: base + usable, keptBack };
}

export function isInRange({ first, last }: NumberRange, ip: string): boolean {
  const value = toNumber(ip);
  return value >= first && value <= last;
}

/** Upstream's --service-node-port-range; a thirty-second is kept back, at least 16 and at most 128. */
export const NODE_PORTS: NumberRange = { first: 30_000, last: 32_767, keptBack: 86 };
