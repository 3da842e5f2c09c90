import { BlockList, isIP } from 'node:net';
import type { FieldError } from './field-error.ts';
import { complaintsAbout, invalidValue } from './fields.ts';
import { cidr, ipAddress, portName, portNumber } from './names.ts';

/** IP addresses, CIDRs and ports in fields of Services, Endpoints and policies. */

const LOOPBACK = blocks(['127.0.0.0', 8], ['::1', 128]);
const LINK_LOCAL = blocks(['169.254.0.0', 16], ['fe80::', 10]);
const LINK_LOCAL_MULTICAST = blocks(['224.0.0.0', 24], ['ff02::', 16]);

function blocks(v4: [string, number], v6: [string, number]): BlockList {
  const list = new BlockList();
  list.addSubnet(...v4, 'ipv4');
  list.addSubnet(...v6, 'ipv6');
  return list;
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (address.includes(':') ? 'ipv6' : 'ipv4');

/** An address, or a complaint. */
export const validIp = (field: string, value: string): FieldError[] =>
  complaintsAbout(field, value, isIP(value) === 0 ? ipAddress('') : []);

export const validCidr = (field: string, value: string): FieldError[] => complaintsAbout(field, value, cidr(value));

/** An address others can send to (core ValidateNonSpecialIP): neither unspecified, nor loopback, nor link-local. */
export function validEndpointIp(field: string, value: string): FieldError[] {
  if (isIP(value) === 0) return validIp(field, value);
  const family = familyOf(value);
  if (value === '0.0.0.0' || value === '::') return [invalidValue(field, value, `may not be unspecified (${value})`)];
  if (LOOPBACK.check(value, family)) {
    return [invalidValue(field, value, 'may not be in the loopback range (127.0.0.0/8, ::1/128)')];
  }
  if (LINK_LOCAL.check(value, family)) {
    return [invalidValue(field, value, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)')];
  }
  return LINK_LOCAL_MULTICAST.check(value, family)
    ? [invalidValue(field, value, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)')]
    : [];
}

/** Whether the inner CIDR is smaller than the outer and lies within it. Both must be valid. */
export function isStrictSubnet(inner: string, outer: string): boolean {
  const [address = '', length = ''] = inner.split('/');
  const [network = '', networkLength = ''] = outer.split('/');
  const family = familyOf(network);
  if (familyOf(address) !== family || Number(length) <= Number(networkLength)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(networkLength), family);
  return list.check(address, family);
}

/** `[IPv4, IPv6]` at most one of each: what dual stack may have. */
export const isOneOfEachFamily = (addresses: readonly string[]): boolean =>
  new Set(addresses.map(familyOf)).size === addresses.length;

export const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

/** A port by number or by the name a container gave it. */
export const validPort = (field: string, port: number | string | undefined): FieldError[] =>
  typeof port === 'string'
    ? complaintsAbout(field, port, portName(port))
    : complaintsAbout(field, port, portNumber(port ?? 0));
