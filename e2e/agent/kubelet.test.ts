// What a pod's spec asks of its kubelet, on a real machine.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { PODS, type Container, type Pod } from '../../src/shared/api/kinds.ts';
import { runIn } from '../testbed/machine.ts';
import { upAgentBed, type AgentBed } from './agent-bed.ts';
import { until } from './until.ts';

const run = promisify(execFile);
let bed: AgentBed;
let busybox: string;

beforeAll(async () => {
  bed = await upAgentBed('/var/lib/wheelhouse-kubelet-test');
  busybox = `${bed.testbed.registry}/busybox:1`;
});
afterAll(() => bed?.down());
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await bed.agentLog());
  for (const { metadata } of (await bed.client.list(PODS)).items) {
    await bed.client.delete(PODS, { name: metadata!.name!, namespace: 'default' }, { gracePeriodSeconds: 1 });
  }
  await until(
    'all pods are gone',
    () => bed.client.list(PODS),
    ({ items }) => items.length === 0,
  );
});

const kubectl = async (...args: string[]): Promise<{ stdout: string; stderr: string }> =>
  run('kubectl', ['--kubeconfig', bed.kubeconfig, ...args], { timeout: 60_000 });
const FOREVER = ['sh', '-c', 'trap "exit 0" TERM; sleep 100000 & wait'];
const aPod = (name: string, container: Partial<Container> = {}, spec: Partial<Pod['spec']> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: {
    containers: [{ name: 'app', image: busybox, command: FOREVER, ...container }],
    terminationGracePeriodSeconds: 1,
    ...spec,
  },
});
const app = (pod: Pod) => pod.status?.containerStatuses?.[0];
const untilRunning = (name: string) =>
  until(
    `${name} runs`,
    () => bed.pod(name),
    (pod) => app(pod)?.state?.running !== undefined,
  );
const untilPhase = (name: string, phase: string) =>
  until(
    `${name} is ${phase}`,
    () => bed.pod(name),
    ({ status }) => status?.phase === phase,
  );

describe('kubectl debug', () => {
  test('looks into a running pod with another image, and sees the processes of the container it asks for', async () => {
    await bed.createPod(aPod('debugged'));
    await untilRunning('debugged');
    await kubectl(
      ...['debug', 'debugged', '--image', busybox, '-c', 'look', '--target', 'app', '--profile', 'general'],
      ...['--', 'sh', '-c', 'ps; hostname; cat /etc/hostname'],
    );
    const looked = await until(
      'it has looked',
      () => bed.pod('debugged'),
      ({ status }) => status?.ephemeralContainerStatuses?.[0]?.state?.terminated !== undefined,
    );
    expect(looked.status?.ephemeralContainerStatuses?.[0]).toMatchObject({
      name: 'look',
      ready: false,
      restartCount: 0,
      state: { terminated: { exitCode: 0, reason: 'Completed' } },
    });
    const { stdout } = await kubectl('logs', 'debugged', '-c', 'look');
    expect(stdout).toContain('sleep 100000');
    expect(stdout).toContain('\ndebugged\n');
    expect(app(looked)).toMatchObject({ restartCount: 0, ready: true });
    expect(await bed.eventsOf('debugged')).toContain('Started: Started container look');
  });
});

describe('the ends of a pod', () => {
  test('a pod that is active for too long fails, and is stopped first', async () => {
    await bed.createPod(aPod('late', {}, { activeDeadlineSeconds: 3 }));
    await untilRunning('late');
    const late = await untilPhase('late', 'Failed');
    expect(late.status).toMatchObject({
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    });
    expect(app(late)?.state?.terminated).toBeDefined();
    expect(await bed.eventsOf('late')).toContain(
      'DeadlineExceeded: Pod was active on the node longer than the specified deadline',
    );
  });

  test('a container that ignores SIGTERM is killed when its grace is over', async () => {
    await bed.createPod(aPod('deaf', { command: ['sh', '-c', 'trap "" TERM; while :; do sleep 1; done'] }));
    await untilRunning('deaf');
    await kubectl('delete', 'pod', 'deaf', '--grace-period', '2', '--wait');
    const docker = await bed.docker();
    const left = await docker.listContainers({ all: true, filters: { name: ['_deaf_'] } });
    expect(left).toEqual([]);
  });
});

describe('hooks', () => {
  test('a container is running when its postStart hook is over', async () => {
    const postStart = { exec: { command: ['sh', '-c', 'while [ ! -e /go ]; do sleep 0.1; done'] } };
    await bed.createPod(aPod('hooked', { lifecycle: { postStart } }));
    await until(
      'its container has started',
      () => bed.eventsOf('hooked'),
      (events) => events.includes('Started: Started container app'),
    );
    const told = await until(
      'its state is told',
      () => bed.pod('hooked'),
      (pod) => app(pod)?.state !== undefined,
    );
    expect(app(told)?.state).toEqual({ waiting: { reason: 'ContainerCreating' } });
    await runIn(bed.machine, ['sh', '-c', 'docker exec $(docker ps -qf name=k8s_app_hooked) touch /go']);
    expect(app(await untilRunning('hooked'))?.restartCount).toBe(0);
  });

  test('a container whose postStart hook fails is killed and tried again', async () => {
    await bed.createPod(aPod('refused', { lifecycle: { postStart: { exec: { command: ['false'] } } } }));
    await until(
      'it was tried again',
      () => bed.pod('refused'),
      (pod) => (app(pod)?.restartCount ?? 0) > 0,
    );
    expect(await bed.eventsOf('refused')).toEqual(
      expect.arrayContaining(['FailedPostStartHook: PostStartHook failed', 'Killing: FailedPostStartHook']),
    );
  });
});

describe('ports of the machine', () => {
  const serving = (name: string): Pod =>
    aPod(name, {
      command: ['sh', '-c', 'echo here > /index.html; httpd -f -p 80 -h /'],
      ports: [{ containerPort: 80, hostPort: 8088 }],
    });
  const answerFrom = (command: string[]) =>
    until(
      'an answer',
      () => runIn(bed.machine, command).catch(() => ''),
      (text) => text.includes('here'),
    );

  test('lead to the pod from outside, from the machine and from pods, and are nobody else’s', async () => {
    await bed.createPod(serving('first'));
    await untilRunning('first');
    const url = `http://${bed.machine.address}:8088/`;
    await answerFrom(['wget', '-qO-', '-T', '2', url]);
    const { stdout } = await run('curl', ['-s', '--max-time', '5', url]);
    expect(stdout).toBe('here\n');
    // Also by way of its own port, which comes back to itself.
    const asked = `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 3 ${bed.machine.address} 8088`;
    expect((await kubectl('exec', 'first', '--', 'sh', '-c', asked)).stdout).toContain('here\n');

    await bed.createPod(serving('second'));
    const second = await untilPhase('second', 'Failed');
    const why = "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports";
    expect(second.status).toMatchObject({ reason: 'NodePorts', message: `Pod was rejected: ${why}` });
    expect(await bed.eventsOf('second')).toContain(`NodePorts: ${why}`);

    await kubectl('delete', 'pod', 'first', '--wait');
    await expect(run('curl', ['-s', '--max-time', '3', url])).rejects.toThrow();
    await bed.createPod(serving('third'));
    await untilRunning('third');
    await answerFrom(['wget', '-qO-', '-T', '2', url]);
  });
});

describe('what a container finds', () => {
  test('its resources, its names and its groups', async () => {
    const script = 'echo "$CPU $MEMORY $LIMIT $HOSTNAME"; hostname; id -G; cat /proc/sys/net/ipv4/tcp_syncookies';
    const container: Partial<Container> = {
      command: ['sh', '-c', script],
      resources: { requests: { cpu: '250m', memory: '32Mi' }, limits: { cpu: '500m' } },
      env: [
        { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'requests.cpu', divisor: '1m' } } },
        { name: 'MEMORY', valueFrom: { resourceFieldRef: { resource: 'requests.memory', divisor: '1Mi' } } },
        { name: 'LIMIT', valueFrom: { resourceFieldRef: { containerName: 'app', resource: 'limits.cpu' } } },
      ],
    };
    const pod = aPod('found', container, {
      restartPolicy: 'Never',
      hostname: 'me',
      subdomain: 'sub',
      setHostnameAsFQDN: true,
      securityContext: {
        runAsUser: 1000,
        runAsGroup: 2000,
        supplementalGroups: [3000],
        fsGroup: 4000,
        sysctls: [{ name: 'net.ipv4.tcp_syncookies', value: '0' }],
      },
    });
    await bed.createPod(pod);
    await untilPhase('found', 'Succeeded');
    const { stdout } = await kubectl('logs', 'found');
    expect(stdout.split('\n')).toEqual(['250 32 1 me', 'me.sub.default.svc.cluster.local', '2000 3000 4000', '0', '']);
  });

  test('no more processes than are good for the machine', async () => {
    // cgroup v1 and v2 have it in different places.
    const script = 'cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null; true';
    await bed.createPod(aPod('bomb', { command: ['sh', '-c', script] }, { restartPolicy: 'Never' }));
    await untilPhase('bomb', 'Succeeded');
    expect((await kubectl('logs', 'bomb')).stdout).toBe('4096\n');
  });

  test('no way to be root when it must not be', async () => {
    await bed.createPod(aPod('rootless', {}, { securityContext: { runAsNonRoot: true } }));
    const pod = await until(
      'it is refused',
      () => bed.pod('rootless'),
      (each) => app(each)?.state?.waiting?.reason === 'CreateContainerConfigError',
    );
    expect(app(pod)?.state?.waiting?.message).toBe(
      `container has runAsNonRoot and image will run as root (pod: "rootless_default(${pod.metadata?.uid})", container: app)`,
    );
  });

  test('only sysctls that harm nobody else', async () => {
    await bed.createPod(
      aPod('unsafe', {}, { securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '65536' }] } }),
    );
    expect((await untilPhase('unsafe', 'Failed')).status).toMatchObject({
      reason: 'SysctlForbidden',
      message: 'Pod was rejected: forbidden sysctl: "kernel.msgmax" not allowlisted',
    });
  });
});

test('a readiness gate holds a pod back until others say it is ready', async () => {
  await bed.createPod(aPod('gated', {}, { readinessGates: [{ conditionType: 'example.com/lb' }] }));
  const readyOf = (pod: Pod) => pod.status?.conditions?.find(({ type }) => type === 'Ready');
  const gated = await until(
    'its containers are ready',
    () => bed.pod('gated'),
    ({ status }) => status?.conditions?.find(({ type }) => type === 'ContainersReady')?.status === 'True',
  );
  expect(readyOf(gated)).toMatchObject({
    status: 'False',
    reason: 'ReadinessGatesNotReady',
    message: 'corresponding condition of pod readiness gate "example.com/lb" does not exist.',
  });
  const conditions = [{ type: 'example.com/lb', status: 'True' }];
  const patch = JSON.stringify({ status: { conditions } });
  await kubectl('patch', 'pod', 'gated', '--subresource', 'status', '-p', patch);
  await until(
    'it is ready',
    () => bed.pod('gated'),
    (pod) => readyOf(pod)?.status === 'True',
  );
});
