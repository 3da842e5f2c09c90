/** IPv4 ranges as numbers. */
export interface Cidr {
  base: number;
  prefix: number;
}

export function parseIpv4(text: string): number {
  const parts = text.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) {
    throw new Error(`not an IPv4 address: ${text}`);
  }
  return parts.reduce((value, part) => value * 256 + part, 0);
}

export const formatIpv4 = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');

export function parseCidr(text: string): Cidr {
  const [address = '', bits = ''] = text.split('/');
  const prefix = Number(bits);
  if (!/^\d+$/.test(bits) || prefix > 32) throw new Error(`not an IPv4 range: ${text}`);
  const size = 2 ** (32 - prefix);
  return { base: Math.floor(parseIpv4(address) / size) * size, prefix };
}

/** The first host address: the gateway of the pods. */
export const gatewayOf = (cidr: Cidr): string => formatIpv4(cidr.base + 1);

export function contains(cidr: Cidr, address: string): boolean {
  const value = parseIpv4(address);
  return value >= cidr.base && value < cidr.base + 2 ** (32 - cidr.prefix);
}
