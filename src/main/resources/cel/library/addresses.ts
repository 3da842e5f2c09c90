import type { Environment } from '@marcbachmann/cel-js';
import ipaddr from 'ipaddr.js';
import { CelFailure } from '../cel-error.ts';
import type { Declare } from './declare.ts';

const IP = 'net.IP';
const CIDR = 'net.CIDR';
type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** An address in one of the forms netip.ParseAddr takes; no zone, no IPv4 in IPv6. */
function addressOf(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text) && !/(^|\.)0\d/.test(text)) return ipaddr.IPv4.parse(text);
  if (!text.includes(':') || text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.IPv6.parse(text);
  return address.isIPv4MappedAddress() ? undefined : address;
}

class Ip {
  constructor(readonly address: Address) {}

  static parse(text: string): Ip {
    const address = addressOf(text);
    if (!address) throw new CelFailure(`IP Address ${JSON.stringify(text)} parse error during conversion from string`);
    return new Ip(address);
  }

  equals(other: unknown): boolean {
    return other instanceof Ip && String(other) === String(this);
  }

  toString(): string {
    return this.address instanceof ipaddr.IPv6 ? this.address.toRFC5952String() : this.address.toString();
  }

  is(...ranges: string[]): boolean {
    return ranges.includes(this.address.range());
  }

  get isLinkLocalMulticast(): boolean {
    const bytes = this.address.toByteArray();
    return this.address.kind() === 'ipv4'
      ? bytes[0] === 224 && bytes[1] === 0 && bytes[2] === 0
      : bytes[0] === 0xff && ((bytes[1] ?? 0) & 0x0f) === 2;
  }
}

class Cidr {
  constructor(
    readonly address: Address,
    readonly prefix: number,
  ) {}

  static parse(text: string): Cidr | undefined {
    const [ip = '', length = '', ...rest] = text.split('/');
    const address = addressOf(ip);
    const prefix = Number(length);
    if (!address || rest.length > 0 || !/^(0|[1-9]\d*)$/.test(length)) return undefined;
    return prefix <= address.toByteArray().length * 8 ? new Cidr(address, prefix) : undefined;
  }

  equals(other: unknown): boolean {
    return other instanceof Cidr && String(other) === String(this);
  }

  toString(): string {
    return `${String(new Ip(this.address))}/${this.prefix}`;
  }

  containsIp({ address }: Ip): boolean {
    if (address.kind() !== this.address.kind()) return false;
    const ours = this.masked.address.toByteArray();
    return maskBytes(address.toByteArray(), this.prefix).every((byte, index) => byte === ours[index]);
  }

  get masked(): Cidr {
    const masked = ipaddr.fromByteArray(maskBytes(this.address.toByteArray(), this.prefix));
    return new Cidr(masked, this.prefix);
  }
}

const maskBytes = (bytes: readonly number[], prefix: number): number[] =>
  bytes.map((byte, index) => byte & (0xff << (8 - Math.min(8, Math.max(0, prefix - index * 8)))) & 0xff);

function cidrOf(text: string): Cidr {
  const cidr = Cidr.parse(text);
  if (!cidr) throw new CelFailure(`network address parse error during conversion from string: ${JSON.stringify(text)}`);
  return cidr;
}

/** `ip("…")` and `cidr("…")`; `namespace` is the type of `ip` before a dot. */
export function declareAddresses(declare: Declare, environment: Environment, namespace: string): void {
  environment.registerType(IP, Ip);
  environment.registerType(CIDR, Cidr);
  environment.registerOperator(`${IP} == ${IP}`, (a: Ip, b: Ip) => a.equals(b));
  environment.registerOperator(`${CIDR} == ${CIDR}`, (a: Cidr, b: Cidr) => a.equals(b));
  declare(`ip(string): ${IP}`, (text: string) => Ip.parse(text));
  declare('isIP(string): bool', (text: string) => addressOf(text) !== undefined);
  declare(`${namespace}.isCanonical(string): bool`, (_ip: unknown, text: string) => String(Ip.parse(text)) === text);
  declare(`string(${IP}): string`, String);
  declare(`${IP}.family(): int`, ({ address }: Ip) => (address.kind() === 'ipv4' ? 4n : 6n));
  declare(`${IP}.isUnspecified(): bool`, (ip: Ip) => ip.is('unspecified') && /^(0\.0\.0\.0|::)$/.test(String(ip)));
  declare(`${IP}.isLoopback(): bool`, (ip: Ip) => ip.is('loopback'));
  declare(`${IP}.isLinkLocalMulticast(): bool`, (ip: Ip) => ip.isLinkLocalMulticast);
  declare(`${IP}.isLinkLocalUnicast(): bool`, (ip: Ip) => ip.is('linkLocal'));
  declare(
    `${IP}.isGlobalUnicast(): bool`,
    (ip: Ip) =>
      !ip.is('unspecified', 'loopback', 'multicast', 'linkLocal', 'broadcast') || /^0\.(?!0\.0\.0$)/.test(String(ip)),
  );
  declare(`cidr(string): ${CIDR}`, cidrOf);
  declare('isCIDR(string): bool', (text: string) => Cidr.parse(text) !== undefined);
  declare(`string(${CIDR}): string`, String);
  declare(`${CIDR}.ip(): ${IP}`, ({ address }: Cidr) => new Ip(address));
  declare(`${CIDR}.prefixLength(): int`, ({ prefix }: Cidr) => BigInt(prefix));
  declare(`${CIDR}.masked(): ${CIDR}`, (cidr: Cidr) => cidr.masked);
  declare(`${CIDR}.containsIP(${IP}): bool`, (cidr: Cidr, ip: Ip) => cidr.containsIp(ip));
  declare(`${CIDR}.containsIP(string): bool`, (cidr: Cidr, text: string) => cidr.containsIp(Ip.parse(text)));
  const containsCidr = (cidr: Cidr, other: Cidr): boolean =>
    other.prefix >= cidr.prefix && cidr.containsIp(new Ip(other.address));
  declare(`${CIDR}.containsCIDR(${CIDR}): bool`, containsCidr);
  declare(`${CIDR}.containsCIDR(string): bool`, (cidr: Cidr, text: string) => containsCidr(cidr, cidrOf(text)));
}
