import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EndpointSlice, Service } from '../../shared/api/kinds.ts';
import { runCommand, type RunCommand } from '../network/run-command.ts';
import { aService, anEndpoint, aSlice, NODE } from './fixtures.ts';
import { ServiceProxy, type ProxyState } from './service-proxy.ts';

const able = process.getuid?.() === 0 && spawnSync('unshare', ['-n', 'nft', 'list', 'tables']).status === 0;

// The real nft, in a network namespace of its own.
describe.skipIf(!able)(`the kernel’s rules${able ? '' : ' (skipped: needs root and nft)'}`, () => {
  let holder: ChildProcess;
  let run: RunCommand;
  let proxy: ServiceProxy;
  let commands: string[];
  let services: Service[];
  let slices: Map<string, EndpointSlice[]>;
  let now: number;

  beforeEach(async () => {
    holder = spawn('unshare', ['-n', 'sleep', '600'], { stdio: 'ignore' });
    await holds(() =>
      Promise.resolve(readlinkSync(`/proc/${String(holder.pid)}/ns/net`) !== readlinkSync('/proc/self/ns/net')),
    );
    commands = [];
    run = (command, args, input) => {
      commands.push([command, ...args].join(' '));
      return runCommand('nsenter', ['-t', String(holder.pid), '-n', command, ...args], input);
    };
    services = [aService(), aService({ clusterIP: '10.96.0.81', sessionAffinity: 'ClientIP' }, 'sticky')];
    slices = new Map([
      ['default/web', [aSlice([anEndpoint('10.244.1.7'), anEndpoint('10.244.2.9', 'b')])]],
      ['default/sticky', [aSlice([anEndpoint('10.244.1.7')])]],
    ]);
    now = 0;
    proxy = start();
  });
  afterEach(async () => {
    await proxy.stop();
    holder.kill('SIGKILL');
  });

  const state = (): ProxyState => ({ services, slicesOf: (key) => slices.get(key) ?? [], node: NODE });
  const silent = (): void => undefined;
  const log = { debug: silent, info: silent, warn: silent, error: console.error };
  function start(): ServiceProxy {
    const made = new ServiceProxy({ run, state, elapsed: () => now, log });
    made.start();
    return made;
  }
  const nft = (...args: string[]): Promise<string> =>
    runCommand('nsenter', ['-t', String(holder.pid), '-n', 'nft', ...args]);
  const listing = (): Promise<string> => nft('list', 'table', 'ip', 'wheelhouse-services').catch(() => '');

  test('follow Services, one transaction at a time, and are made once', async () => {
    await holds(async () => (await listing()).includes('10.96.0.80 . tcp . 80 : goto service-'));
    services = [aService({ ports: [{ name: 'http', port: 8080, protocol: 'TCP' }] })];
    proxy.poke();
    await holds(async () => (await listing()).includes('10.96.0.80 . tcp . 8080 : goto service-'));
    expect(await listing()).not.toContain('sticky');
    expect(commands.filter((command) => command === 'nft -f -')).toHaveLength(2);
  });

  test('come back when another program flushed them all, or changed one', async () => {
    await holds(async () => (await listing()).includes('goto service-'));
    await nft('flush', 'ruleset');
    now += 5_000;
    proxy.poke();
    await holds(async () => (await listing()).includes('goto service-'));
    await nft('flush', 'chain', 'ip', 'wheelhouse-services', 'services');
    now += 30_000;
    proxy.poke();
    await holds(async () => (await listing()).includes('vmap @service-ips'));
  });

  test('of an earlier agent are taken over, with the clients they remember', async () => {
    await holds(async () => (await listing()).includes('goto service-'));
    await proxy.stop();
    const set = /set (affinity-\S+)/.exec(await listing())?.[1] ?? '';
    await nft('add', 'element', 'ip', 'wheelhouse-services', set, '{ 10.244.1.99 timeout 3h }');
    await nft('add', 'chain', 'ip', 'wheelhouse-services', 'service-LEFT-OVER');
    services = [...services, aService({ clusterIP: '10.96.0.82' }, 'new')];
    proxy = start();
    await holds(async () => (await listing()).includes('10.96.0.82'));
    expect(await listing()).toContain('10.244.1.99');
    expect(await listing()).not.toContain('LEFT-OVER');
  });

  test('of an agent with other base rules are replaced', async () => {
    await holds(async () => (await listing()).includes('goto service-'));
    await proxy.stop();
    const mark = /set (base-\w+)/.exec(await listing())?.[1] ?? '';
    await nft('delete', 'set', 'ip', 'wheelhouse-services', mark);
    proxy = start();
    await holds(async () => (await listing()).includes(mark));
  });
});

async function holds(condition: () => Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 500; turn += 1) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`waited in vain for ${String(condition)}`);
}
