import { spawn, type ChildProcess } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { waitFor } from '../../shared/testing/wait-for.ts';
import { runCommand, type RunCommand } from '../network/run-command.ts';
import { aContainer, aPod } from '../pods/fixtures.ts';
import type { LocalPod } from './host-ports.ts';
import { NodeHostPorts } from './node-host-ports.ts';

const root = process.getuid?.() === 0;
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

describe.skipIf(!root)('the kernel (skipped unless run by root, who may make a network namespace)', () => {
  let namespace: ChildProcess;
  let run: RunCommand;
  let local: LocalPod[];
  let ports: NodeHostPorts;

  beforeEach(async () => {
    namespace = spawn('unshare', ['--net', 'sleep', 'infinity'], { stdio: 'ignore' });
    const ours = readlinkSync('/proc/self/ns/net');
    await waitFor('a network namespace', () => readlinkSync(`/proc/${namespace.pid}/ns/net`) !== ours);
    run = (command, args, input) =>
      runCommand('nsenter', [`--net=/proc/${namespace.pid}/ns/net`, command, ...args], input);
    const asked = [
      { containerPort: 80, hostPort: 8080 },
      { containerPort: 53, hostPort: 5353, protocol: 'UDP', hostIP: '192.0.2.1' },
      { containerPort: 9 },
    ];
    const pod = aPod({ containers: [aContainer({ ports: asked })] });
    const onMachine = aPod({
      hostNetwork: true,
      containers: [aContainer({ ports: [{ containerPort: 1, hostPort: 1 }] })],
    });
    local = [
      { pod, ip: '10.244.0.5' },
      { pod: onMachine, ip: '192.0.2.1' },
    ];
    ports = new NodeHostPorts({ run, local: () => local, log: silent });
  });
  afterEach(() => {
    ports.stop();
    namespace.kill('SIGKILL');
  });
  const rules = (): Promise<string> => run('nft', ['list', 'chain', 'ip', 'wheelhouse-hostports', 'ports']);

  test('takes the rules of the pods that want ports', async () => {
    await ports.settle();
    const listed = await rules();
    expect(listed).toContain('tcp dport 8080 dnat to 10.244.0.5:80');
    expect(listed).toContain('ip daddr 192.0.2.1 udp dport 5353 dnat to 10.244.0.5:53');
    expect(listed.match(/dnat/g)).toHaveLength(2);
  });
  test('has them again after a flush, and none when the pods are gone', async () => {
    await ports.settle();
    await run('nft', ['flush', 'ruleset']);
    await ports.settle();
    expect(await rules()).toContain('dport 8080');
    local = [];
    await ports.settle();
    expect(await run('nft', ['list', 'tables'])).not.toContain('hostports');
  });
});
