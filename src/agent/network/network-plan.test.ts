import { expect, test } from 'vitest';
import { linkName, machineSide, machineTable, podSide } from './network-plan.ts';

test('a link’s name fits the kernel’s 15 characters', () => {
  expect(linkName('0123456789abcdef')).toBe('vh0123456789ab');
  expect(linkName('0123456789abcdef').length).toBeLessThanOrEqual(15);
});

test('a pod gets one address, one route in, and a default route out', () => {
  expect(machineSide('vhx', 42, '10.244.1.7', '10.244.1.1', 1450)).toMatchInlineSnapshot(`
    "link add vhx mtu 1450 type veth peer name eth0 mtu 1450 netns 42
    link set vhx up
    addr add 10.244.1.1/32 dev vhx
    route replace 10.244.1.7/32 dev vhx scope link
    "
  `);
  expect(podSide('10.244.1.7', '10.244.1.1')).toMatchInlineSnapshot(`
    "link set lo up
    addr add 10.244.1.7/32 dev eth0
    link set eth0 up
    route add 10.244.1.1/32 dev eth0 scope link
    route add default via 10.244.1.1 src 10.244.1.7
    "
  `);
});

test('the table is replaced in one transaction, and the tunnel’s port hears the other machines only', () => {
  expect(machineTable('10.244.1.0/24', '10.244.0.0/16', ['192.0.2.7', '192.0.2.8'])).toMatchInlineSnapshot(`
    "add table ip wheelhouse
    delete table ip wheelhouse
    table ip wheelhouse {
      set peers {
        type ipv4_addr;
        elements = { 192.0.2.7, 192.0.2.8 };
      }
      chain input {
        type filter hook input priority -10;
        udp dport 8472 ip saddr != @peers drop
      }
      chain gone {
        meta l4proto tcp reject with tcp reset
        reject with icmp type host-unreachable
      }
      chain forward {
        type filter hook forward priority -20;
        oifname "kube0" ip daddr 10.244.1.0/24 goto gone
      }
      chain output {
        type filter hook output priority -20;
        oifname "kube0" ip daddr 10.244.1.0/24 goto gone
      }
      chain postrouting {
        type nat hook postrouting priority 90;
        ip saddr 10.244.1.0/24 ip daddr != 10.244.0.0/16 oifname != "vh*" masquerade fully-random
      }
    }
    "
  `);
  expect(machineTable('10.244.1.0/24', '10.244.0.0/16', [])).not.toContain('elements');
});
