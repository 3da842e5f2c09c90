/** An IPv4 network as numbers, or undefined when the text is none. */
function parse(cidr: string): { base: number; bits: number } | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(cidr);
  if (!match) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, bits = 0] = match.slice(1).map(Number);
  if ([a, b, c, d].some((byte) => byte > 255) || bits > 32) return undefined;
  return { base: ((a * 256 + b) * 256 + c) * 256 + d, bits };
}

/** Whether two IPv4 networks share an address. Anything that is not an IPv4 network shares none. */
export function overlaps(left: string, right: string): boolean {
  const a = parse(left);
  const b = parse(right);
  if (!a || !b) return false;
  const size = 2 ** (32 - Math.min(a.bits, b.bits));
  return Math.floor(a.base / size) === Math.floor(b.base / size);
}
