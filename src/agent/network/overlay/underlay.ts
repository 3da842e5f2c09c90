import { contains, parseCidr } from '../cidr.ts';

/** An IPv4 address of the machine, with the network it is in. */
export interface LocalAddress {
  device: string;
  address: string;
  prefix: number;
  mtu: number;
}

/** The part of `ip -j -4 address show` that is read. */
interface IpAddressJson {
  ifname?: string;
  mtu?: number;
  addr_info?: { local?: string; prefixlen?: number; scope?: string }[];
}

/** Interfaces that containers and we made: not ways to other machines. */
const INNER = /^(lo|docker\d+|br-|veth|vh|kube0|wh-)/;

/** The machine's own addresses towards other machines, from the output of `ip -j -4 address show`. */
export function localAddresses(json: string): LocalAddress[] {
  return (JSON.parse(json) as IpAddressJson[]).flatMap(({ ifname = '', mtu = 1500, addr_info: infos = [] }) =>
    INNER.test(ifname)
      ? []
      : infos.flatMap(({ local, prefixlen, scope }) =>
          local && prefixlen !== undefined && scope === 'global'
            ? [{ device: ifname, address: local, prefix: prefixlen, mtu }]
            : [],
        ),
  );
}

/** The address other machines know us by: the one asked for if the machine has it, else its first. */
export function underlayOf(addresses: readonly LocalAddress[], wanted: string | undefined): LocalAddress | undefined {
  return addresses.find(({ address }) => address === wanted) ?? addresses[0];
}

/** Whether `address` is a neighbour: in a network one of our interfaces is in, so that no router is between. */
export const isNeighbour = (addresses: readonly LocalAddress[], address: string): boolean =>
  addresses.some((own) => own.prefix < 32 && contains(parseCidr(`${own.address}/${own.prefix}`), address));
