import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { kubectlOf } from '../../src/main/apiserver/testing/kubectl-versions.ts';
import { AGENT_CONTAINER } from '../../src/shared/agent-config.ts';
import {
  CONFIG_MAPS,
  PODS,
  SECRETS,
  TOKEN_REVIEWS,
  type Container,
  type Pod,
  type TokenReview,
} from '../../src/shared/api/kinds.ts';
import { isNotFound } from '../../src/shared/api/errors.ts';
import { initPid, runIn } from '../testbed/machine.ts';
import { rebootMachine, restartDockerd } from '../testbed/faults.ts';
import { isReady, upAgentBed, type AgentBed } from './agent-bed.ts';
import { until } from './until.ts';

const run = promisify(execFile);
let bed: AgentBed;
let busybox: string;
let nginx: string;

beforeAll(async () => {
  bed = await upAgentBed('/var/lib/wheelhouse-agent-test');
  busybox = `${bed.testbed.registry}/busybox:1`;
  nginx = `${bed.testbed.registry}/nginx:1.22`;
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

const kubectl = async (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> => {
  try {
    return { code: 0, ...(await run('kubectl', ['--kubeconfig', bed.kubeconfig, ...args])) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
};
const aPod = (name: string, container: Partial<Container>, spec: Partial<Pod['spec']> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [{ name: 'app', image: busybox, ...container }], terminationGracePeriodSeconds: 1, ...spec },
});
/** Old and new clients, as they lie beside the kubectl in PATH. */
const KUBECTLS = ['1.27', '1.33'].map((version): [string, string | undefined] => [version, kubectlOf(version)]);
/** Sends bytes and their end, and reads what is answered until its end. */
async function exchange(port: number, input: Buffer): Promise<Buffer> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.end(input);
  const chunks: Buffer[] = [];
  for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
const sh = (script: string): Partial<Container> => ({ command: ['sh', '-c', script] });
const FOREVER = 'trap "exit 0" TERM; sleep 100000 & wait';
const app = (pod: Pod) => pod.status?.containerStatuses?.[0];
const reasonOf = (pod: Pod): string | undefined => app(pod)?.state?.waiting?.reason;
const isRunning = (pod: Pod): boolean => app(pod)?.state?.running !== undefined;
const untilRunning = (name: string) => until(`${name} runs`, () => bed.pod(name), isRunning);
const untilWaiting = (name: string, reason: string) =>
  until(
    `${name} waits: ${reason}`,
    () => bed.pod(name),
    (pod) => reasonOf(pod) === reason,
  );

describe('a pod', () => {
  test('gets its environment, files, address and name, and ends with its own exit code', async () => {
    await bed.client.create(CONFIG_MAPS, {
      metadata: { name: 'settings', namespace: 'default' },
      data: { COLOR: 'blue' },
    });
    const script =
      'echo "$COLOR $IP $(hostname) $(cat /cfg/COLOR) $(cat /scratch/made)"; echo oops > /dev/termination-log; exit 7';
    const pod = aPod(
      'whole',
      {
        ...sh(script),
        envFrom: [{ configMapRef: { name: 'settings' } }],
        env: [{ name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
        volumeMounts: [
          { name: 'cfg', mountPath: '/cfg' },
          { name: 'work', mountPath: '/scratch' },
        ],
      },
      {
        restartPolicy: 'Never',
        initContainers: [
          {
            name: 'init',
            image: busybox,
            ...sh('echo made > /scratch/made'),
            volumeMounts: [{ name: 'work', mountPath: '/scratch' }],
          },
        ],
        volumes: [
          { name: 'cfg', configMap: { name: 'settings' } },
          { name: 'work', emptyDir: {} },
        ],
      },
    );
    await bed.createPod(pod);
    const ended = await until(
      'it has ended',
      () => bed.pod('whole'),
      ({ status }) => status?.phase === 'Failed',
    );
    expect(app(ended)).toMatchObject({
      restartCount: 0,
      state: { terminated: { exitCode: 7, reason: 'Error', message: 'oops\n' } },
    });
    const { stdout } = await kubectl('logs', 'whole', '-c', 'app');
    expect(stdout).toBe(`blue ${ended.status?.podIP} whole blue made\n`);
  });

  test('is told upstream’s events, and is ready when its probe says so', async () => {
    await bed.createPod(
      aPod('web', { image: nginx, readinessProbe: { httpGet: { path: '/', port: 80 }, periodSeconds: 1 } }),
    );
    const pod = await until(
      'it is ready',
      () => bed.pod('web'),
      (each) => app(each)?.ready === true,
    );
    expect(pod.status).toMatchObject({
      phase: 'Running',
      hostIP: bed.machine.address,
      podIP: expect.stringMatching(/^10\.244\./),
    });
    expect(pod.status?.conditions?.map(({ type, status }) => `${type} ${status}`)).toEqual([
      'PodReadyToStartContainers True',
      'Initialized True',
      'Ready True',
      'ContainersReady True',
      'PodScheduled True',
    ]);
    const events = await until(
      'events are there',
      () => bed.eventsOf('web'),
      (all) => all.some((each) => each.startsWith('Started')),
    );
    expect(events).toEqual(
      expect.arrayContaining(['Created: Created container: app', 'Started: Started container app']),
    );
    expect(
      await runIn(bed.machine, ['busybox', 'timeout', '5', 'wget', '-qO-', `http://${pod.status?.podIP}/`]),
    ).toContain('nginx');
  });

  test('finds the token of its account, which is good for as long as the pod is there', async () => {
    await bed.createPod(aPod('tok', { command: ['sleep', '3600'] }));
    await until(
      'it runs',
      () => bed.pod('tok'),
      ({ status }) => status?.phase === 'Running',
    );
    const read = async (file: string): Promise<string> => {
      const path = `/var/run/secrets/kubernetes.io/serviceaccount/${file}`;
      const { code, stdout, stderr } = await kubectl('exec', 'tok', '--', 'cat', path);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      return stdout;
    };
    expect(await read('namespace')).toBe('default');
    expect(await read('ca.crt')).toContain('BEGIN CERTIFICATE');
    const token = await read('token');
    const review = async (): Promise<TokenReview['status']> =>
      (await bed.client.create(TOKEN_REVIEWS, { spec: { token } } as TokenReview)).status;
    expect(await review()).toMatchObject({
      authenticated: true,
      user: {
        username: 'system:serviceaccount:default:default',
        extra: {
          'authentication.kubernetes.io/pod-name': ['tok'],
          'authentication.kubernetes.io/node-name': [bed.nodeName],
        },
      },
    });
    await bed.client.delete(PODS, { name: 'tok', namespace: 'default' }, { gracePeriodSeconds: 1 });
    await until('the token is refused', review, (status) => status?.authenticated !== true);
  });

  test('reaches other pods and the world beyond the machine', async () => {
    await bed.createPod(aPod('server', { image: nginx }));
    const { status } = await untilRunning('server');
    const beyond = `http://${bed.testbed.registry}/v2/`;
    await bed.createPod(
      aPod('client', sh(`timeout 5 wget -qO- http://${status?.podIP}/ && timeout 5 wget -qO- ${beyond}`), {
        restartPolicy: 'Never',
      }),
    );
    await until(
      'it has ended',
      () => bed.pod('client'),
      (pod) => ['Succeeded', 'Failed'].includes(pod.status?.phase ?? ''),
    );
    expect((await kubectl('logs', 'client')).stdout).toMatch(/nginx[\s\S]*\{\}/);
  });

  test('stops within its grace and leaves nothing', async () => {
    await bed.createPod(
      aPod('stubborn', sh('trap "" TERM; while true; do sleep 1; done'), { terminationGracePeriodSeconds: 2 }),
    );
    const pod = await untilRunning('stubborn');
    await bed.client.delete(PODS, { name: 'stubborn', namespace: 'default' });
    await until(
      'it is gone',
      () => bed.pod('stubborn').then(() => false, isNotFound),
      (gone) => gone,
    );
    const uid = pod.metadata!.uid!;
    const left = await (
      await bed.docker()
    ).listContainers({ all: true, filters: { label: [`io.kubernetes.pod.uid=${uid}`] } });
    expect(left).toEqual([]);
    await expect(runIn(bed.machine, ['ls', `/var/lib/wheelhouse/pods/${uid}`])).rejects.toThrow('No such file');
    expect(await bed.eventsOf('stubborn')).toContain('Killing: Stopping container app');
  });
});

describe('what goes wrong', () => {
  test('a crash: back-off, counts, the log of the run before', async () => {
    await bed.createPod(aPod('crash', sh('echo last words; exit 3')));
    const pod = await untilWaiting('crash', 'CrashLoopBackOff');
    expect(app(pod)).toMatchObject({
      restartCount: 1,
      state: {
        waiting: { message: `back-off 10s restarting failed container=app pod=crash_default(${pod.metadata?.uid})` },
      },
      lastState: { terminated: { exitCode: 3, reason: 'Error' } },
    });
    expect((await kubectl('logs', 'crash', '--previous')).stdout).toBe('last words\n');
  });

  test('a command that is not there', async () => {
    await bed.createPod(aPod('nocmd', { command: ['nosuch'] }));
    const pod = await untilWaiting('nocmd', 'CrashLoopBackOff');
    expect(app(pod)?.lastState?.terminated).toMatchObject({ exitCode: 128, reason: 'StartError' });
    expect(app(pod)?.lastState?.terminated?.message).toContain('exec: "nosuch": executable file not found in $PATH');
  });

  test('out of memory', async () => {
    const limits = { memory: '16Mi' };
    await bed.createPod(
      aPod('oom', { ...sh('x=a; while true; do x=$x$x; done'), resources: { limits } }, { restartPolicy: 'Never' }),
    );
    const pod = await until(
      'it has ended',
      () => bed.pod('oom'),
      ({ status }) => status?.phase === 'Failed',
    );
    expect(app(pod)?.state?.terminated).toMatchObject({ reason: 'OOMKilled', exitCode: 137 });
  });

  test('an image that is not there, with the registry’s words', async () => {
    await bed.createPod(aPod('noimage', { image: `${bed.testbed.registry}/busybox:nope` }));
    const pod = await untilWaiting('noimage', 'ImagePullBackOff');
    expect(app(pod)?.state?.waiting?.message).toMatch(
      /^Back-off pulling image ".*nope": ErrImagePull: manifest for .* not found/,
    );
  });

  test('an image that needs a password, until a pull secret gives it', async () => {
    const { address, username, password } = bed.testbed.privateRegistry;
    await bed.createPod(aPod('locked', { image: `${address}/private/nginx:1.22` }));
    expect(app(await untilWaiting('locked', 'ImagePullBackOff'))?.state?.waiting?.message).toContain(
      'no basic auth credentials',
    );
    const config = JSON.stringify({ auths: { [address]: { username, password } } });
    const data = { '.dockerconfigjson': Buffer.from(config).toString('base64') };
    await bed.client.create(SECRETS, {
      metadata: { name: 'reg', namespace: 'default' },
      type: 'kubernetes.io/dockerconfigjson',
      data,
    });
    await bed.createPod(
      aPod('unlocked', { image: `${address}/private/nginx:1.22` }, { imagePullSecrets: [{ name: 'reg' }] }),
    );
    await untilRunning('unlocked');
  });

  test('a Secret that is missing, and its arrival', async () => {
    const valueFrom = { secretKeyRef: { name: 'late', key: 'k' } };
    await bed.createPod(aPod('waits', { ...sh(FOREVER), env: [{ name: 'X', valueFrom }] }));
    const pod = await untilWaiting('waits', 'CreateContainerConfigError');
    expect(app(pod)?.state?.waiting?.message).toBe('secret "late" not found');
    await bed.client.create(SECRETS, { metadata: { name: 'late', namespace: 'default' }, data: { k: 'eA==' } });
    await untilRunning('waits');
  });

  test('a failing liveness probe restarts the container', async () => {
    const livenessProbe = { exec: { command: ['false'] }, periodSeconds: 1, failureThreshold: 1 };
    await bed.createPod(aPod('ill', { ...sh(FOREVER), livenessProbe }));
    await until(
      'it was restarted',
      () => bed.pod('ill'),
      (pod) => (app(pod)?.restartCount ?? 0) > 0,
    );
    expect(await bed.eventsOf('ill')).toContain('Killing: Container app failed liveness probe, will be restarted');
  });
});

describe('the rest of a pod’s life', () => {
  test('preStop runs before the stop signal', async () => {
    const preStop = { exec: { command: ['sh', '-c', 'echo stopping > /proc/1/fd/1; sleep 1'] } };
    await bed.createPod(
      aPod('polite', { ...sh(FOREVER), lifecycle: { preStop } }, { terminationGracePeriodSeconds: 10 }),
    );
    await untilRunning('polite');
    const log = kubectl('logs', '-f', 'polite');
    await bed.client.delete(PODS, { name: 'polite', namespace: 'default' });
    expect((await log).stdout).toBe('stopping\n');
  });

  test('on the machine’s own network it has the machine’s address', async () => {
    await bed.createPod(aPod('host', sh('hostname; ip -o addr | grep -c kube0; ' + FOREVER), { hostNetwork: true }));
    const pod = await untilRunning('host');
    expect(pod.status?.podIP).toBe(bed.machine.address);
    expect((await kubectl('logs', 'host')).stdout).toMatch(/^wh-1\n[1-9]/);
  });

  test('a sandbox that dies is made again, and every container in it', async () => {
    await bed.createPod(aPod('lost', { image: nginx, resources: { limits: { cpu: '100m', memory: '32Mi' } } }));
    const before = await untilRunning('lost');
    expect(before.status?.qosClass).toBe('Guaranteed');
    const docker = await bed.docker();
    const label = [`io.kubernetes.pod.uid=${before.metadata?.uid}`, 'wheelhouse.dev/role=sandbox'];
    const [pause] = await docker.listContainers({ filters: { label } });
    await docker.getContainer(pause!.Id).kill();
    await until(
      'it runs again',
      () => bed.pod('lost'),
      (pod) => isRunning(pod) && app(pod)?.restartCount === 1,
    );
    expect(await bed.eventsOf('lost')).toContain(
      'SandboxChanged: Pod sandbox changed, it will be killed and re-created.',
    );
  });

  test('its CPU and memory are measured', async () => {
    await bed.createPod(aPod('busy', sh('while true; do :; done')));
    await untilRunning('busy');
    const measured = await until(
      'it is in the summary',
      () => bed.stats(),
      ({ pods }) =>
        pods.some(({ podRef, containers }) => podRef.name === 'busy' && (containers[0]?.cpu.usageNanoCores ?? 0) > 1e8),
    );
    expect(
      measured.pods.find(({ podRef }) => podRef.name === 'busy')?.containers[0]?.memory.workingSetBytes,
    ).toBeGreaterThan(0);
    expect(measured.node.memory.availableBytes).toBeGreaterThan(0);
  });

  test('two containers share an address, and a log is asked of the right one', async () => {
    const spec = aPod('pair', { image: nginx });
    spec.spec!.containers.push({
      name: 'side',
      image: busybox,
      ...sh('sleep 1; timeout 5 wget -qO- http://127.0.0.1/; ' + FOREVER),
    });
    await bed.createPod(spec);
    await until(
      'both run',
      () => bed.pod('pair'),
      ({ status }) => status?.containerStatuses?.every(({ ready }) => ready) === true,
    );
    await until(
      'it has fetched',
      () => kubectl('logs', 'pair', '-c', 'side'),
      ({ stdout }) => stdout.includes('nginx'),
    );
    expect((await kubectl('logs', 'pair', '-c', 'side', '--previous')).stderr).toContain(
      'previous terminated container "side" in pod "pair" not found',
    );
  });
});

describe('kubectl', () => {
  test('exec: output, exit code, standard input, and a terminal', async () => {
    await bed.createPod(aPod('box', sh(FOREVER)));
    await untilRunning('box');
    expect(await kubectl('exec', 'box', '--', 'sh', '-c', 'echo out; echo err >&2; exit 5')).toMatchObject({
      code: 5,
      stdout: 'out\n',
    });
    const piped = await run('sh', ['-c', `echo hello | kubectl --kubeconfig ${bed.kubeconfig} exec -i box -- cat`]);
    expect(piped.stdout).toBe('hello\n');
    const terminal = `kubectl --kubeconfig ${bed.kubeconfig} exec -it box -- tty`;
    expect((await run('script', ['-qec', terminal, '/dev/null'])).stdout).toContain('/dev/pts/');
  });

  test('an exec’d process does not outlive its client', async () => {
    await bed.createPod(aPod('box', sh(FOREVER)));
    await untilRunning('box');
    const client = execFile('kubectl', ['--kubeconfig', bed.kubeconfig, 'exec', 'box', '--', 'sleep', '98765']);
    const running = () =>
      kubectl('exec', 'box', '--', 'sh', '-c', 'ps | grep -c "[s]leep 98765"').then(({ stdout }) => stdout.trim());
    await until('the process runs', running, (count) => count === '1');
    client.kill('SIGKILL');
    await until('the process is gone', running, (count) => count === '0');
  });

  test.each(KUBECTLS)('of version %s: exec and port-forward over SPDY and over WebSocket', async (version, path) => {
    if (!path) return console.warn(`kubectl ${version} is not beside the kubectl in PATH: nothing to try it with`);
    const spec = aPod('served', { image: nginx });
    spec.spec!.containers.push({
      name: 'echo',
      image: busybox,
      ...sh('trap "exit 0" TERM; while true; do nc -l -p 9000 -e cat; done'),
    });
    await bed.createPod(spec);
    await until(
      'both run',
      () => bed.pod('served'),
      ({ status }) => status?.containerStatuses?.every(({ ready }) => ready) === true,
    );
    const exec = `${path} --kubeconfig ${bed.kubeconfig} exec -i served -c echo`;
    const piped = await run('sh', ['-c', `echo hello | ${exec} -- sh -c "cat; exit 4" || echo "code $?"`]);
    expect(piped.stdout).toBe('hello\ncode 4\n');
    // Docker starts a command before its terminal has a size; busybox then complains and still exits 0.
    const sized = await run('sh', [
      '-c',
      `script -qec 'stty cols 91 rows 33; ${exec} -t -- sh -c "until stty size | grep 91; do sleep 0.1; done"' /dev/null`,
    ]);
    expect(sized.stdout).toContain('33 91');

    const forward = execFile(path, ['--kubeconfig', bed.kubeconfig, 'port-forward', 'served', ':80', ':81', ':9000']);
    let said = '';
    forward.stdout?.on('data', (chunk: string) => (said += chunk));
    forward.stderr?.on('data', (chunk: string) => (said += chunk));
    try {
      const local = async (port: number): Promise<number> => {
        const line = new RegExp(`127\\.0\\.0\\.1:(\\d+) -> ${port}\\n`);
        const text = await until(
          `port ${port} is forwarded`,
          () => Promise.resolve(said),
          (seen) => line.test(seen),
        );
        return Number(line.exec(text)?.[1]);
      };
      const page = await fetch(`http://127.0.0.1:${await local(80)}/`);
      expect(await page.text()).toContain('nginx');
      const sent = randomBytes(3 * 1024 * 1024);
      expect((await exchange(await local(9000), sent)).equals(sent)).toBe(true);
      await expect(fetch(`http://127.0.0.1:${await local(81)}/`)).rejects.toThrow();
      await until(
        'kubectl says why',
        () => Promise.resolve(said),
        (seen) => /error forwarding port 81 to pod served_default, uid .*: connection refused/.test(seen),
      );
    } finally {
      forward.kill('SIGKILL');
    }
  });

  test('logs: tail, since, timestamps, bytes, follow to the end', async () => {
    await bed.createPod(
      aPod('talk', sh('for i in 1 2 3; do echo line $i; done; sleep 2; echo end'), { restartPolicy: 'Never' }),
    );
    await untilRunning('talk');
    expect((await kubectl('logs', '-f', 'talk')).stdout).toBe('line 1\nline 2\nline 3\nend\n');
    expect((await kubectl('logs', 'talk', '--tail=2')).stdout).toBe('line 3\nend\n');
    expect((await kubectl('logs', 'talk', '--limit-bytes=6')).stdout).toBe('line 1');
    expect((await kubectl('logs', 'talk', '--timestamps', '--tail=1')).stdout).toMatch(
      /^\d{4}-\d\d-\d\dT[\d:.]+Z end\n$/,
    );
    expect((await kubectl('logs', 'talk', '--since-time=2020-01-01T00:00:00Z')).stdout).toContain('line 1');
  });
});

describe('on its own', () => {
  test('with the API away crashed containers are restarted, and all of it is reported later, in order', async () => {
    await bed.createPod(aPod('lonely', sh(FOREVER)));
    const before = await untilRunning('lonely');
    await bed.cutApi();
    const docker = await bed.docker();
    const containers = () =>
      docker.listContainers({
        filters: { label: [`io.kubernetes.pod.uid=${before.metadata?.uid}`, 'io.kubernetes.container.name=app'] },
      });
    const [first] = await containers();
    await docker.getContainer(first!.Id).kill();
    await until('another container runs', containers, ([now]) => now !== undefined && now.Id !== first!.Id);
    expect(app(await bed.pod('lonely'))?.restartCount).toBe(0);
    // The agent itself may die meanwhile.
    await docker.getContainer(AGENT_CONTAINER).restart();
    await bed.restoreApi();
    const after = await until(
      'the restart is reported',
      () => bed.pod('lonely'),
      (pod) => app(pod)?.restartCount === 1,
    );
    expect(app(after)).toMatchObject({ state: { running: {} }, lastState: { terminated: { exitCode: 137 } } });
    const events = await until(
      'events came',
      () => bed.eventsOf('lonely'),
      (all) => all.filter((each) => each.startsWith('Started')).length > 0,
    );
    expect(events).toContain('Started: Started container app');
    await until('the node is Ready', () => bed.node(), isReady);
  });

  test('restarting the agent restarts no pod', async () => {
    await bed.createPod(aPod('steady', sh(FOREVER)));
    const before = app(await untilRunning('steady'));
    const docker = await bed.docker();
    await docker.getContainer(AGENT_CONTAINER).restart();
    // A new pod proves that the new agent has looked at everything.
    await bed.createPod(aPod('next', sh(FOREVER)));
    await untilRunning('next');
    expect(app(await bed.pod('steady'))).toEqual(before);
  });

  test('a pod deleted while the machine was cut off is gone when it is back', async () => {
    await bed.createPod(aPod('doomed', sh(FOREVER)));
    const { metadata } = await untilRunning('doomed');
    await bed.cutApi();
    await bed.client.delete(PODS, { name: 'doomed', namespace: 'default' }, { gracePeriodSeconds: 0 });
    await bed.restoreApi();
    const docker = await bed.docker();
    const filters = { label: [`io.kubernetes.pod.uid=${metadata?.uid}`] };
    await until(
      'its containers are gone',
      () => docker.listContainers({ all: true, filters }),
      (left) => left.length === 0,
    );
  });

  test.each([
    ['a restart of dockerd', () => restartDockerd(bed.machine)],
    [
      'a reboot',
      async () => {
        await bed.cutApi();
        await rebootMachine(bed.machine);
        await bed.restoreApi();
      },
    ],
  ])('after %s every pod gets a new sandbox and keeps its count', async (_, happen) => {
    await bed.createPod(aPod('phoenix', { image: nginx }));
    const before = await untilRunning('phoenix');
    await happen();
    const after = await until(
      'it runs again',
      () => bed.pod('phoenix'),
      (pod) => isRunning(pod) && (app(pod)?.restartCount ?? 0) > 0,
    );
    expect(after.metadata?.uid).toBe(before.metadata?.uid);
    expect(await initPid(bed.machine)).toBeGreaterThan(0);
    await until(
      'it answers',
      () => runIn(bed.machine, ['busybox', 'timeout', '5', 'wget', '-qO-', `http://${after.status?.podIP}/`]),
      (page) => page.includes('nginx'),
    );
  });
});
