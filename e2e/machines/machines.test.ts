import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import Docker from 'dockerode';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  changeHostKey,
  cutLink,
  fillDisk,
  freeDisk,
  restartSshd,
  restoreLink,
  setClockOffset,
  setHostname,
  startDockerd,
  startSshd,
  stopDockerd,
  stopSshd,
} from '../testbed/faults.ts';
import { execIn, machineDockerSocket, runIn } from '../testbed/machine.ts';
import { downTestbed, upTestbed, type TestbedMachine } from '../testbed/testbed.ts';
import { until } from '../testbed/wait.ts';
import { testbedUnsupportedReason } from '../../scripts/system-packages.mjs';
import { MACHINES, NODES, PODS, SECRETS } from '../../src/shared/api/kinds.ts';
import type { MachineSpec } from '../../src/shared/api/machine.ts';
import { conditionWith, MachinesFixture } from './machines-fixture.ts';

const unsupported = testbedUnsupportedReason();
const dir = join(tmpdir(), 'wh-machines-testbed');

describe.skipIf(unsupported)('machines of the testbed', () => {
  let one: TestbedMachine;
  let two: TestbedMachine;
  let bare: TestbedMachine;
  let fixture: MachinesFixture;

  beforeAll(async () => {
    const testbed = await upTestbed({ machines: 3, dir, withoutDocker: ['wh-3'], diskBytes: 8 * 1024 ** 3 });
    const [first, second, third] = testbed.machines;
    if (!first || !second || !third) throw new Error('the testbed has fewer machines than asked for');
    [one, two, bare] = [first, second, third];
  });
  afterAll(() => downTestbed(dir));

  beforeEach(async () => {
    fixture = await MachinesFixture.start();
    await fixture.keyOf(one);
  });
  afterEach(async () => {
    await fixture.stop();
    // Whatever a test left behind must not be found by the next.
    for (const machine of [one, two]) {
      const script =
        'docker ps -aq --filter label=wheelhouse.dev/cluster | xargs -r docker rm -f; rm -rf /var/lib/wheelhouse';
      await runIn(machine, ['sh', '-c', script]);
    }
  });

  const specOf = (machine: TestbedMachine, changes: Partial<MachineSpec> = {}): MachineSpec => ({
    host: machine.address,
    credentialRef: { namespace: 'default', name: 'key' },
    hostKeySha256: machine.hostKeySha256,
    ...changes,
  });
  const ours = async (machine: TestbedMachine): Promise<string[]> => {
    const docker = new Docker({ socketPath: await machineDockerSocket(machine) });
    const found = await docker.listContainers({ all: true, filters: { label: ['wheelhouse.dev/cluster'] } });
    return found.map(({ Names }) => Names[0] ?? '');
  };
  const fileExists = async (machine: TestbedMachine, path: string): Promise<boolean> =>
    (await runIn(machine, ['sh', '-c', `test -e ${path} && echo yes || echo no`])).trim() === 'yes';
  const ask = async (nodeName: string, path: string): Promise<string> => {
    const stream = await fixture.machines.dial(nodeName);
    return new Promise((resolve, reject) => {
      const question = request({ path, createConnection: () => stream as never }, (response) => {
        text(response).then(resolve, reject);
      });
      question.on('error', reject);
      question.end();
    });
  };

  test('joins as root, phase by phase, and answers through the connection', async () => {
    await fixture.add('wh-1', specOf(one));
    const status = await fixture.untilReady('wh-1');
    expect(status.conditions?.map(({ type, status: value }) => `${type}=${value}`)).toEqual([
      'Reachable=True',
      'HostKeyVerified=True',
      'Authenticated=True',
      'PreflightPassed=True',
      'AgentInstalled=True',
      'NodeReady=True',
    ]);
    expect(status).toMatchObject({
      nodeName: 'wh-1',
      addresses: [one.address],
      observedHostKeySha256: one.hostKeySha256,
    });
    expect(status.preflight?.filter(({ result }) => result === 'fail')).toEqual([]);
    expect(await ask('wh-1', '/healthz')).toBe('ok from wh-1');
    await expect(fixture.machines.dial('wh-9')).rejects.toThrow('no machine of this cluster is the node wh-9');
    // The node's key is for root alone.
    const modes = await runIn(one, [
      'stat',
      '-c',
      '%a %U',
      '/var/lib/wheelhouse/agent',
      '/var/lib/wheelhouse/agent/client.key',
    ]);
    expect(modes.trim().split('\n')).toEqual(['700 root', '600 root']);
    const node = await fixture.api.client.get(NODES, 'wh-1');
    expect(node.status?.addresses).toContainEqual({ type: 'InternalIP', address: one.address });
  });

  test('joins as a user of the group docker, without sudo, with a password', async () => {
    await fixture.secret('password', { password: 'ops' });
    const credentialRef = { namespace: 'default', name: 'password' };
    await fixture.add('wh-1', specOf(one, { user: 'ops', credentialRef }));
    await fixture.untilReady('wh-1');
    expect(await ask('wh-1', '/healthz')).toBe('ok from wh-1');
    await fixture.remove('wh-1');
    expect(await ours(one)).toEqual([]);
    expect(await fileExists(one, '/var/lib/wheelhouse')).toBe(false);
  });

  test('waits for consent to an unknown host key, then goes on', async () => {
    const { hostKeySha256: _unknown, ...spec } = specOf(one);
    await fixture.add('wh-1', spec);
    const status = await fixture.until('wh-1', ({ phase }) => phase === 'WaitingForConsent');
    expect(status.observedHostKeySha256).toBe(one.hostKeySha256);
    expect(conditionWith(status, 'AwaitingConsent')?.type).toBe('HostKeyVerified');
    expect(status.authenticationTried).toBeUndefined();
    await fixture.change('wh-1', { spec: { hostKeySha256: status.observedHostKeySha256 } });
    await fixture.untilReady('wh-1');
  });

  test('refuses wrong credentials, and tries again when the Secret is corrected', async () => {
    await fixture.secret('other', { privateKey: await readFile(one.strangerIdentityFile, 'utf8') });
    await fixture.add('wh-1', specOf(one, { credentialRef: { namespace: 'default', name: 'other' } }));
    const refused = await fixture.untilFailed('wh-1', 'AuthenticationRefused');
    expect(refused.phase).toBe('Failed');
    expect(refused.conditions?.find(({ type }) => type === 'PreflightPassed')?.status).toBe('Unknown');
    expect(await fileExists(one, '/var/lib/wheelhouse')).toBe(false);
    const { identityFile, passphrase } = one.passphraseIdentity;
    const privateKey = Buffer.from(await readFile(identityFile, 'utf8')).toString('base64');
    const patchSecret = (data: object): Promise<unknown> =>
      fixture.api.client.patch(SECRETS, { name: 'other', namespace: 'default' }, { data });
    await patchSecret({ privateKey, passphrase: Buffer.from('wrong').toString('base64') });
    await fixture.untilFailed('wh-1', 'WrongPassphrase');
    await patchSecret({ passphrase: Buffer.from(passphrase).toString('base64') });
    await fixture.untilReady('wh-1');
    expect(fixture.logged.join('\n')).not.toContain(passphrase);
  });

  test('says what is missing: the Secret, Docker, access to Docker', async () => {
    await fixture.add('no-secret', specOf(one, { credentialRef: { namespace: 'default', name: 'nowhere' } }));
    await fixture.add('no-docker', specOf(bare));
    await fixture.add('no-access', specOf(two, { user: 'nodocker' }));
    const noSecret = await fixture.untilFailed('no-secret', 'SecretMissing');
    expect(noSecret.conditions?.find(({ type }) => type === 'HostKeyVerified')?.status).toBe('True');
    const noDocker = await fixture.untilFailed('no-docker', 'DockerMissing');
    expect(conditionWith(noDocker, 'DockerMissing')?.message).toContain('apt-get install docker.io');
    const noAccess = await fixture.untilFailed('no-access', 'DockerNotAccessible');
    expect(conditionWith(noAccess, 'DockerNotAccessible')?.message).toContain('usermod -aG docker nodocker');
  });

  test('refuses a clock that is off by an hour, a full disk and a hostname that is taken', async () => {
    await setClockOffset(one, 3600);
    await fixture.add('wh-1', specOf(one));
    const skewed = await fixture.untilFailed('wh-1', 'ClockSkew');
    expect(conditionWith(skewed, 'ClockSkew')?.message).toContain("60 minutes ahead of this computer's");
    await setClockOffset(one, 0);
    await fillDisk(one);
    await fixture.change('wh-1', { metadata: { annotations: { 'machines.wheelhouse.dev/retry-at': '1' } } });
    await fixture.untilFailed('wh-1', 'DiskFull');
    await freeDisk(one);
    await fixture.change('wh-1', { metadata: { annotations: { 'machines.wheelhouse.dev/retry-at': '2' } } });
    await fixture.untilReady('wh-1');
    await setHostname(two, 'wh-1');
    await fixture.add('wh-2', specOf(two));
    const clash = await fixture.untilFailed('wh-2', 'HostnameClash');
    expect(conditionWith(clash, 'HostnameClash')?.message).toContain('wh-1 has the hostname wh-1 too');
    await setHostname(two, 'wh-2');
    await fixture.change('wh-2', { metadata: { annotations: { 'machines.wheelhouse.dev/retry-at': '1' } } });
    await fixture.untilReady('wh-2');
  });

  test('an agent that does not come up leaves nothing half-installed, and what it said is shown', async () => {
    await fixture.add('wh-1', specOf(one, { labels: { 'test/broken': 'true' } }));
    const status = await fixture.untilFailed('wh-1', 'AgentCrashing');
    expect(status.lastOutput).toContain('the test agent was told to break');
    expect(status.nodeName).toBeUndefined();
    expect(await ours(one)).toEqual([]);
    expect(await fileExists(one, '/var/lib/wheelhouse')).toBe(false);
  });

  test('reconnects after sshd was restarted, and after the link was cut', async () => {
    await fixture.add('wh-1', specOf(one));
    const { lastConnectedTime } = await fixture.untilReady('wh-1');
    const pid = await ask('wh-1', '/pid');
    await restartSshd(one);
    await fixture.until('wh-1', ({ phase, lastConnectedTime: at }) => phase === 'Ready' && at !== lastConnectedTime);
    await cutLink(one);
    // Waking up asks every connection instead of waiting 45 s for keepalive.
    fixture.machines.resumed();
    const cut = await fixture.until('wh-1', ({ phase }) => phase === 'Disconnected');
    expect(cut.conditions?.find(({ type }) => type === 'Reachable')?.status).not.toBe('True');
    expect(await fixture.hasNode('wh-1')).toBe(true);
    await restoreLink(one);
    await fixture.untilReady('wh-1');
    // The agent was not touched by any of it.
    expect(await ask('wh-1', '/pid')).toBe(pid);
  });

  test('refuses a host key that has changed since', async () => {
    await fixture.add('wh-1', specOf(one));
    await fixture.untilReady('wh-1');
    await changeHostKey(one);
    const status = await fixture.untilFailed('wh-1', 'HostKeyChanged');
    expect(status.phase).toBe('Failed');
    expect(status.observedHostKeySha256).not.toBe(one.hostKeySha256);
    await fixture.change('wh-1', { spec: { hostKeySha256: status.observedHostKeySha256 } });
    await fixture.untilReady('wh-1');
    one = { ...one, hostKeySha256: status.observedHostKeySha256 ?? '' };
  });

  test('a second start of the app finds the agent as it is; another version of it is installed', async () => {
    await fixture.add('wh-1', specOf(one, { labels: { zone: 'a' } }));
    const before = await fixture.untilReady('wh-1');
    const pid = await ask('wh-1', '/pid');
    await fixture.halt();
    await fixture.run();
    await fixture.until('wh-1', (now) => now.phase === 'Ready' && conditionWith(now, 'UpToDate') !== undefined);
    expect(await ask('wh-1', '/pid')).toBe(pid);
    await fixture.halt();
    await fixture.changeBundle();
    await fixture.run();
    await fixture.until('wh-1', (now) => now.phase === 'Ready' && now.agentVersion !== before.agentVersion);
    expect(await ask('wh-1', '/pid')).not.toBe(pid);
  });

  test('an agent that was removed by hand is installed again, and a stopped Docker is waited for', async () => {
    await fixture.add('wh-1', specOf(one));
    await fixture.untilReady('wh-1');
    const docker = new Docker({ socketPath: await machineDockerSocket(one) });
    const agentId = async (): Promise<string> => (await docker.getContainer('wheelhouse-agent').inspect()).Id;
    const removed = await agentId();
    await docker.getContainer('wheelhouse-agent').remove({ force: true });
    // The node's silence is what makes us look: the node lifecycle controller would set this.
    await fixture.api.client.patch(
      NODES,
      { name: 'wh-1', subresource: 'status' },
      {
        status: {
          conditions: [
            {
              type: 'Ready',
              status: 'Unknown',
              reason: 'NodeStatusUnknown',
              message: 'Kubelet stopped posting node status.',
            },
          ],
        },
      },
    );
    // By the container: times in the status are whole seconds, and all of this may take less than one.
    await until('another agent', async () => (await agentId().catch(() => removed)) !== removed);
    await fixture.untilReady('wh-1');
    await fixture.halt();
    await stopDockerd(one);
    await fixture.run();
    await fixture.until(
      'wh-1',
      (now) =>
        now.conditions?.some(({ reason }) => reason === 'DockerMissing' || reason === 'DockerNotAccessible') ?? false,
    );
    await startDockerd(one);
    await fixture.untilReady('wh-1');
  });

  test('renews the certificate at two thirds of its life, while the agent runs', async () => {
    await fixture.add('wh-1', specOf(one));
    await fixture.untilReady('wh-1');
    const held = (): Promise<string> => runIn(one, ['cat', '/var/lib/wheelhouse/agent/client.crt']);
    const [before, pid] = [await held(), await ask('wh-1', '/pid')];
    fixture.sleptFor(250 * 86_400_000);
    // Any news of the node makes us look.
    await fixture.api.client.patch(NODES, { name: 'wh-1' }, { metadata: { labels: { news: 'yes' } } });
    await fixture.untilLogged('node certificate renewed');
    expect(await held()).not.toBe(before);
    expect(await held()).toContain('BEGIN CERTIFICATE');
    expect(await ask('wh-1', '/pid')).toBe(pid);
    const folder = await runIn(one, ['ls', '/var/lib/wheelhouse/agent']);
    expect(folder.trim().split('\n')).toEqual(['agent.cjs', 'ca.crt', 'client.crt', 'client.key', 'config.json']);
  });

  test('removal drains, cleans the machine and verifies; nothing of ours stays', async () => {
    const rules = async (): Promise<string> => (await execIn(one, ['iptables-save'])).stdout;
    const links = async (): Promise<string> => runIn(one, ['sh', '-c', "ls /sys/class/net | tr '\\n' ' '"]);
    await fixture.add('wh-1', specOf(one));
    await fixture.untilReady('wh-1');
    // What the agent would have made.
    const footprint = `
      ip link add kube0 type bridge
      ip link add vh0123456789ab type veth peer name vx0
      iptables -I DOCKER-USER -s 10.244.1.0/24 -j ACCEPT
      iptables -I DOCKER-USER -d 10.244.1.0/24 -j ACCEPT
      nft add table ip wheelhouse
      mkdir -p /var/lib/wheelhouse/pods/x/volumes/cache
      mount -t tmpfs none /var/lib/wheelhouse/pods/x/volumes/cache
      docker create --name k8s_pause --label wheelhouse.dev/cluster=test-cluster --label wheelhouse.dev/role=sandbox wheelhouse/pause:1`;
    await runIn(one, ['sh', '-ec', footprint]);
    await fixture.api.client.create(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', namespace: 'default' },
      spec: { nodeName: 'wh-1', containers: [{ name: 'web', image: 'nginx' }] },
    });
    const left: string[] = [];
    await fixture.remove('wh-1', ({ conditions }) => {
      left.push(conditions?.find(({ type }) => type === 'Removed')?.message ?? '');
    });
    expect(left).toContain('Waiting for a pod to stop: default/web.');
    expect(left.join()).not.toContain('did not stop in their time');
    expect(await ours(one)).toEqual([]);
    expect(await fileExists(one, '/var/lib/wheelhouse')).toBe(false);
    expect(await rules()).not.toContain('10.244.');
    expect(await links()).not.toMatch(/kube0|vh/);
    expect(await runIn(one, ['nft', 'list', 'tables'])).not.toContain('wheelhouse');
    expect(await runIn(one, ['docker', 'images', '-q', 'wheelhouse/agent'])).toBe('');
    expect(await fixture.hasNode('wh-1')).toBe(false);
    expect((await fixture.api.client.list(PODS)).items).toEqual([]);
  });

  test('a machine that cannot be reached is not let go, unless by force', async () => {
    await fixture.add('wh-2', specOf(two));
    await fixture.untilReady('wh-2');
    await stopSshd(two);
    try {
      await fixture.api.client.delete(MACHINES, { name: 'wh-2' });
      const stuck = await fixture.untilFailed('wh-2', 'MachineUnreachable');
      expect(stuck.phase).toBe('Removing');
      expect(conditionWith(stuck, 'MachineUnreachable')?.message).toContain('force-remove=true');
      await fixture.change('wh-2', { metadata: { annotations: { 'machines.wheelhouse.dev/force-remove': 'true' } } });
      await fixture.untilGone('wh-2');
      expect(await fixture.hasNode('wh-2')).toBe(false);
    } finally {
      await startSshd(two);
    }
  });
});
