import { spawn, type ChildProcess } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PodNetworkBackend } from '../../../shared/agent-config.ts';
import { waitFor } from '../../../shared/testing/wait-for.ts';
import { CommandError, runCommand, type RunCommand } from '../run-command.ts';
import { Overlay } from './overlay.ts';
import type { Peer } from './peers.ts';
import { vxlanMac } from './plan.ts';

/** Three network namespaces on one bridge stand for machines: the kernel's own VXLAN, neighbours and routes. */
const MACHINES = [0, 1, 2] as const;
const addressOf = (index: number): string => `192.0.2.${index + 1}`;
const podCidrOf = (index: number): string => `10.244.${index}.0/24`;
const podOf = (index: number): string => `10.244.${index}.1`;
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const namespaces: ChildProcess[] = [];
let stateDir: string;
const inNamespace =
  (index: number): RunCommand =>
  (command, args, input) =>
    runCommand('nsenter', [`--net=/proc/${namespaces[index]?.pid}/ns/net`, command, ...args], input);

async function newNamespace(): Promise<void> {
  const child = spawn('unshare', ['--net', 'sleep', 'infinity'], { stdio: 'ignore' });
  namespaces.push(child);
  const ours = readlinkSync('/proc/self/ns/net');
  await waitFor('a network namespace', () => readlinkSync(`/proc/${child.pid}/ns/net`) !== ours);
}

const root = process.getuid?.() === 0;
describe.skipIf(!root)(
  'machines that reach each other’s pods (skipped unless run by root, who may make networks)',
  () => {
    const overlays = new Map<string, Overlay>();
    const overlayOf = (index: number, backend: PodNetworkBackend): Overlay => {
      const key = `${index}/${backend}`;
      const known = overlays.get(key);
      if (known) return known;
      const made = new Overlay({ backend, nodeIp: addressOf(index), stateDir, run: inNamespace(index), log: silent });
      overlays.set(key, made);
      return made;
    };
    const peersFor = (index: number, members: readonly number[]): Peer[] =>
      members
        .filter((other) => other !== index)
        .map((other) => ({ name: `m${other}`, podCidr: podCidrOf(other), address: addressOf(other) }));
    const assertAll = async (backend: PodNetworkBackend, members: readonly number[] = MACHINES): Promise<void> => {
      for (const index of members) await overlayOf(index, backend).assert(podCidrOf(index), peersFor(index, members));
    };
    /** A packet from a pod's address here to one there, and its answer back to that address. */
    const reaches = async (from: number, to: number, size = 56): Promise<boolean> => {
      const args = ['ping', '-c', '1', '-W', '2', '-s', String(size), '-I', podOf(from), podOf(to)];
      try {
        await inNamespace(from)('busybox', args);
        return true;
      } catch (error) {
        if (error instanceof CommandError) return false;
        throw error;
      }
    };

    beforeAll(async () => {
      stateDir = await mkdtemp(join(tmpdir(), 'wheelhouse-overlay-'));
      for (let index = 0; index < MACHINES.length + 1; index += 1) await newNamespace();
      const fabric = namespaces.length - 1;
      await inNamespace(fabric)('ip', ['-batch', '-'], 'link add lan type bridge\nlink set lan up\n');
      for (const index of MACHINES) {
        const peer = namespaces[index]?.pid;
        const mac = vxlanMac(podCidrOf(index)).replace(/^0e/, '02');
        await inNamespace(fabric)(
          'ip',
          ['-batch', '-'],
          `link add m${index} type veth peer name eth0 address ${mac} netns ${peer}\nlink set m${index} master lan up\n`,
        );
        await inNamespace(index)(
          'ip',
          ['-batch', '-'],
          `link set lo up\naddress add ${addressOf(index)}/24 dev eth0\nlink set eth0 up\naddress add ${podOf(index)}/32 dev lo\n`,
        );
      }
    });

    afterAll(async () => {
      for (const child of namespaces) child.kill('SIGKILL');
      await rm(stateDir, { recursive: true, force: true });
    });

    test('over VXLAN, with packets as large as a pod may send', async () => {
      await assertAll('vxlan');
      expect(await reaches(0, 1)).toBe(true);
      expect(await reaches(2, 0)).toBe(true);
      // 20 bytes of IP and 8 of ICMP make 1,450.
      expect(await reaches(1, 2, overlayOf(1, 'vxlan').podMtu - 28)).toBe(true);
    });

    test.each([
      ['the tunnel is deleted', ['ip', 'link', 'delete', 'wh-vxlan']],
      ['the tunnel is down', ['ip', 'link', 'set', 'wh-vxlan', 'down']],
      ['the routes are gone', ['ip', 'route', 'flush', 'proto', '87']],
      ['the neighbours are gone', ['ip', 'neigh', 'flush', 'dev', 'wh-vxlan', 'nud', 'permanent']],
      [
        'the forwarding entries are gone',
        ['bridge', 'fdb', 'del', vxlanMac(podCidrOf(1)), 'dev', 'wh-vxlan', 'dst', addressOf(1), 'self'],
      ],
    ])('is mended when %s', async (_what, [command = '', ...args]) => {
      await inNamespace(0)(command, args);
      expect(await reaches(0, 1)).toBe(false);
      await assertAll('vxlan');
      expect(await reaches(0, 1)).toBe(true);
    });

    test('a machine that leaves is forgotten, others stay', async () => {
      await assertAll('vxlan', [0, 1]);
      expect(await inNamespace(0)('ip', ['route', 'show', 'proto', '87'])).not.toContain('10.244.2.0');
      expect(await reaches(0, 1)).toBe(true);
      expect(await reaches(0, 2)).toBe(false);
    });

    test('a machine with a new address is reached there', async () => {
      await assertAll('vxlan');
      await inNamespace(1)('ip', ['-batch', '-'], 'address flush dev eth0\naddress add 192.0.2.77/24 dev eth0\n');
      const moved: Peer = { name: 'm1', podCidr: podCidrOf(1), address: '192.0.2.77' };
      await new Overlay({ backend: 'vxlan', nodeIp: undefined, stateDir, run: inNamespace(1), log: silent }).assert(
        podCidrOf(1),
        peersFor(1, MACHINES),
      );
      await overlayOf(0, 'vxlan').assert(podCidrOf(0), [moved, ...peersFor(0, [0, 2])]);
      expect(await reaches(0, 1)).toBe(true);
      await inNamespace(1)('ip', ['-batch', '-'], `address flush dev eth0\naddress add ${addressOf(1)}/24 dev eth0\n`);
    });

    test('host-gw goes straight, and the tunnel is taken away', async () => {
      await assertAll('host-gw');
      expect(await reaches(0, 1)).toBe(true);
      expect(await inNamespace(0)('ip', ['route', 'get', podOf(1)])).toContain(`via ${addressOf(1)} dev eth0`);
      expect(await inNamespace(0)('ip', ['-o', 'link', 'show'])).not.toContain('wh-vxlan');
      expect(await reaches(2, 1, 1472)).toBe(true);
    });

    test('a kernel without WireGuard says so', async (context) => {
      const probe = inNamespace(2)('ip', ['link', 'add', 'probe', 'type', 'wireguard']);
      const missing = await probe.then(
        () => false,
        () => true,
      );
      if (!missing) return context.skip('this kernel has WireGuard');
      await expect(overlayOf(0, 'wireguard').assert(podCidrOf(0), [])).rejects.toThrow(
        "this machine's kernel has no WireGuard; join it to a cluster with --pod-network vxlan",
      );
    });
  },
);
