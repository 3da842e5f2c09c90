import { spawn, type ChildProcess } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NetworkPolicy } from '../../shared/api/kinds.ts';
import { waitFor } from '../../shared/testing/wait-for.ts';
import { runCommand, type RunCommand } from '../network/run-command.ts';
import { PolicyEnforcer } from './policy-enforcer.ts';
import type { PolicyPod, PolicyWorld } from './policy-world.ts';

const root = process.getuid?.() === 0;
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const podAt = (ip: string, app: string): PolicyPod => ({
  namespace: 'shop',
  labels: { app },
  ip,
  ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
});
const policy = (name: string, app: string): NetworkPolicy => ({
  metadata: { name, namespace: 'shop' },
  spec: {
    podSelector: { matchLabels: { app: 'web' } },
    policyTypes: ['Ingress', 'Egress'],
    ingress: [
      { from: [{ podSelector: { matchLabels: { app } } }], ports: [{ port: 'http' }, { port: 90, endPort: 99 }] },
    ],
    egress: [
      {
        to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8', '10.1.0.0/16'] } }],
        ports: [{ port: 53, protocol: 'UDP' }],
      },
    ],
  },
});

describe.skipIf(!root)('the kernel (skipped unless run by root, who may make a network namespace)', () => {
  let namespace: ChildProcess;
  let run: RunCommand;
  let world: PolicyWorld;
  let enforcer: PolicyEnforcer;

  beforeEach(async () => {
    namespace = spawn('unshare', ['--net', 'sleep', 'infinity'], { stdio: 'ignore' });
    const ours = readlinkSync('/proc/self/ns/net');
    await waitFor('a network namespace', () => readlinkSync(`/proc/${namespace.pid}/ns/net`) !== ours);
    run = (command, args, input) =>
      runCommand('nsenter', [`--net=/proc/${namespace.pid}/ns/net`, command, ...args], input);
    const web = podAt('10.244.0.5', 'web');
    world = { policies: [], namespaces: new Map([['shop', {}]]), pods: [web, podAt('10.244.1.6', 'db')], local: [web] };
    enforcer = new PolicyEnforcer({
      run,
      world: () => world,
      dns: () => ({ ip: '10.244.0.1', port: 10_053 }),
      log: silent,
    });
  });
  afterEach(async () => {
    await enforcer.stop();
    namespace.kill('SIGKILL');
  });
  const listing = (): Promise<string> => run('nft', ['-s', 'list', 'table', 'ip', 'wheelhouse-policy']);
  /** Chains and sets in one order, however they came about. */
  const blocks = (text: string): string[] =>
    [...text.matchAll(/^\t(?:chain|set|map) .*?^\t\}$/gms)]
      .map(([block]) =>
        block.replace(/elements = \{(.*?)\}/s, (_, list: string) =>
          list
            .split(/,\s*/)
            .map((item) => item.trim())
            .sort()
            .join(),
        ),
      )
      .sort();

  test('takes every change, and ends up as if it had been told at once', async () => {
    await enforcer.settle();
    for (const policies of [[policy('a', 'db')], [policy('a', 'db'), policy('b', 'cache')], [policy('b', 'db')]]) {
      world = { ...world, policies };
      await enforcer.settle();
    }
    world = { ...world, pods: [...world.pods, podAt('10.244.1.7', 'db')] };
    await enforcer.settle();
    const stepwise = blocks(await listing());
    const anew = new PolicyEnforcer({
      run,
      world: () => world,
      dns: () => ({ ip: '10.244.0.1', port: 10_053 }),
      log: silent,
    });
    await anew.settle();
    expect(stepwise).toEqual(blocks(await listing()));
    expect(stepwise.join()).toContain('10.244.1.6,10.244.1.7');
  });

  test('is put right after another program’s flush', async () => {
    world = { ...world, policies: [policy('a', 'db')] };
    enforcer.start();
    await enforcer.settle();
    const before = blocks(await listing());
    await run('nft', ['flush', 'ruleset']);
    let after: string[] = [];
    const look = setInterval(
      () =>
        void listing().then(
          (text) => (after = blocks(text)),
          () => undefined,
        ),
      100,
    );
    await waitFor('the table', () => after.length > 0).finally(() => clearInterval(look));
    expect(after).toEqual(before);
  });
});
