import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NODES, PODS, type Node, type Pod } from '../../shared/api/kinds.ts';
import { startFakeKubelet, type FakeKubelet } from './testing/fake-kubelet.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

const KUBECTL = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((directory) => join(directory, 'kubectl'))
  .find((path) => existsSync(path));

const DEPLOYMENT = (image: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: ${image}
        ports: [{containerPort: 80}]
`;

describe.skipIf(!KUBECTL)(`kubectl against a real server${KUBECTL ? '' : ' (skipped: no kubectl in PATH)'}`, () => {
  let kubelet: FakeKubelet;
  let api: TestServer;
  let home: string;
  const environment = (): NodeJS.ProcessEnv => ({ ...process.env, KUBECONFIG: api.kubeconfig, HOME: home });
  const withCache = (args: string[]): string[] => [args[0] ?? '', '--cache-dir', join(home, 'cache'), ...args.slice(1)];

  const run = (...args: string[]): Promise<{ code: number; out: string; err: string }> =>
    new Promise((resolve) => {
      execFile(KUBECTL ?? '', withCache(args), { env: environment() }, (error, out, err) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, out, err }),
      );
    });
  const kubectl = async (...args: string[]): Promise<string> => {
    const { code, out, err } = await run(...args);
    expect({ args, code, err: code === 0 ? '' : err }).toEqual({ args, code: 0, err: '' });
    return out;
  };
  const file = async (name: string, text: string): Promise<string> => {
    const path = join(home, name);
    await writeFile(path, text);
    return path;
  };

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'wheelhouse-kubectl-'));
    kubelet = await startFakeKubelet();
    api = await startTestServer({ dialNode: kubelet.dial });
  });
  afterAll(async () => {
    await api.close();
    await kubelet.close();
    await rm(home, { recursive: true, force: true });
  });

  test('reads the version and the namespaces of the system', async () => {
    expect(await kubectl('version')).toContain('Server Version: v1.34.0+wheelhouse');
    expect((await kubectl('get', 'ns', '-o', 'name')).trim().split('\n')).toEqual([
      'namespace/default',
      'namespace/kube-node-lease',
      'namespace/kube-public',
      'namespace/kube-system',
    ]);
  });

  test('applies, applies again, and applies a change', async () => {
    const path = await file('web.yaml', DEPLOYMENT('nginx:1.25'));
    expect(await kubectl('apply', '-f', path)).toBe('deployment.apps/web created\n');
    expect(await kubectl('apply', '-f', path)).toBe('deployment.apps/web unchanged\n');
    await file('web.yaml', DEPLOYMENT('nginx:1.26'));
    expect((await run('diff', '-f', path)).out).toContain('image: nginx:1.26');
    expect(await kubectl('apply', '-f', path)).toBe('deployment.apps/web configured\n');
    const wide = (await kubectl('get', 'deploy', 'web', '-o', 'wide')).split('\n');
    expect(wide[0]?.split(/\s{2,}/).map((word) => word.trim())).toEqual([
      'NAME',
      'READY',
      'UP-TO-DATE',
      'AVAILABLE',
      'AGE',
      'CONTAINERS',
      'IMAGES',
      'SELECTOR',
    ]);
    expect(wide[1]).toMatch(/^web +0\/2 +0 +0 +\d+s +web +nginx:1\.26 +app=web/);
  });

  test('takes away what was taken out of a list in the manifest', async () => {
    const withEnv = (names: string[]): string =>
      DEPLOYMENT('nginx')
        .replace(/web/g, 'listed')
        .concat(`        env: [${names.map((name) => `{name: ${name}, value: x}`).join(', ')}]\n`);
    const path = await file('listed.yaml', withEnv(['A', 'B']));
    await kubectl('apply', '-f', path);
    await file('listed.yaml', withEnv(['B']));
    await kubectl('apply', '-f', path);
    expect(
      await kubectl('get', 'deploy', 'listed', '-o', 'jsonpath={.spec.template.spec.containers[0].env[*].name}'),
    ).toBe('B');
  });

  test('scales, patches, labels, annotates and restarts', async () => {
    await kubectl('scale', 'deploy/web', '--replicas=5');
    await kubectl(
      'patch',
      'deploy',
      'web',
      '--type=json',
      '-p',
      '[{"op":"replace","path":"/spec/replicas","value":4}]',
    );
    await kubectl('patch', 'deploy', 'web', '--type=merge', '-p', '{"spec":{"minReadySeconds":7}}');
    await kubectl('label', 'deploy', 'web', 'tier=front');
    await kubectl('annotate', 'deploy', 'web', 'note=hello');
    await kubectl('set', 'image', 'deploy/web', 'web=nginx:1.27');
    await kubectl('rollout', 'restart', 'deploy/web');
    const read = await kubectl(
      'get',
      'deploy',
      'web',
      '-o',
      'jsonpath={.spec.replicas} {.spec.minReadySeconds} {.metadata.labels.tier} {.metadata.annotations.note} {.spec.template.spec.containers[*].image} {.metadata.generation}',
    );
    expect(read).toBe('4 7 front hello nginx:1.27 7');
    expect((await run('rollout', 'history', 'deploy/web')).out).toContain('deployment.apps/web');
  });

  test('creates what typed clients send as protobuf', async () => {
    await kubectl('create', 'deployment', 'typed', '--image=busybox', '--replicas=0', '--port=80');
    await kubectl('create', 'configmap', 'settings', '--from-literal=a=b');
    await kubectl('create', 'secret', 'generic', 'login', '--from-literal=password=hunter2');
    await kubectl('create', 'sa', 'robot');
    expect(
      await kubectl(
        'get',
        'deploy',
        'typed',
        '-o',
        'jsonpath={.spec.replicas} {.spec.template.spec.containers[0].ports[0].containerPort} {.spec.strategy.rollingUpdate.maxSurge}',
      ),
    ).toBe('0 80 25%');
    expect(await kubectl('get', 'cm', 'settings', '-o', 'jsonpath={.data.a}')).toBe('b');
    expect(
      Buffer.from(await kubectl('get', 'secret', 'login', '-o', 'jsonpath={.data.password}'), 'base64').toString(),
    ).toBe('hunter2');
  });

  test('explains and describes', async () => {
    expect(await kubectl('explain', 'deployment.spec.strategy')).toContain('rollingUpdate');
    const described = await kubectl('describe', 'deploy', 'web');
    expect(described).toMatch(/Replicas: +4 desired/);
  });

  test('refuses an unknown field and says which', async () => {
    const path = await file(
      'bad.yaml',
      DEPLOYMENT('nginx').replace('replicas: 2', 'replicsa: 2').replace('name: web', 'name: bad'),
    );
    const { code, err } = await run('create', '-f', path);
    expect(code).toBe(1);
    expect(err).toContain('strict decoding error: unknown field "spec.replicsa"');
    const lenient = await run('create', '-f', path, '--validate=warn', '--dry-run=server');
    expect(lenient.err).toContain('unknown field "spec.replicsa"');
  });

  test('follows a watch, and ends it when the object goes', async () => {
    await kubectl('create', 'configmap', 'watched', '--from-literal=n=0');
    const watch = spawn(KUBECTL ?? '', withCache(['get', 'cm', 'watched', '-w', '-o', 'jsonpath={.data.n}{"\\n"}']), {
      env: environment(),
    });
    let seen = '';
    const saw = (text: string): Promise<void> =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (seen.includes(text)) resolve();
        };
        watch.stdout.on('data', look);
        watch.on('exit', () => reject(new Error(`the watch ended; it had printed ${JSON.stringify(seen)}`)));
        look();
      });
    watch.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    try {
      await saw('0\n');
      await kubectl('patch', 'cm', 'watched', '-p', '{"data":{"n":"1"}}');
      await saw('1\n');
    } finally {
      watch.removeAllListeners('exit');
      watch.kill();
    }
  });

  test('reads logs and runs a command on the machine of a pod', async () => {
    await api.client.create(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } } as Node);
    await kubectl('run', 'shell', '--image=busybox');
    await api.client.transport.request({
      method: 'POST',
      path: '/api/v1/namespaces/default/pods/shell/binding',
      body: { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'shell' }, target: { kind: 'Node', name: 'n1' } },
    });
    const pod = await api.client.get<Pod>(PODS, 'shell', 'default');
    await api.client.updateStatus(PODS, {
      ...pod,
      status: {
        ...pod.status,
        phase: 'Running',
        containerStatuses: [
          {
            name: 'shell',
            ready: true,
            restartCount: 0,
            image: 'busybox',
            imageID: '',
            state: { running: { startedAt: '2025-01-01T00:00:00Z' } },
          },
        ],
      },
    });
    expect(await kubectl('logs', 'shell', '--tail=2')).toBe('line 1\nline 2\n');
    expect(kubelet.requests).toContain('/containerLogs/default/shell/shell?tailLines=2');

    const { code, out } = await new Promise<{ code: number | null; out: string }>((resolve) => {
      const command = spawn(KUBECTL ?? '', ['exec', '-i', 'shell', '--', 'tr', 'a-z', 'A-Z'], { env: environment() });
      let text = '';
      command.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
      command.on('exit', (exitCode) => resolve({ code: exitCode, out: text }));
      command.stdin.end('shout\n');
    });
    expect({ code, out }).toEqual({ code: 3, out: 'SHOUT\n' });
    expect(kubelet.requests.some((path) => path.startsWith('/exec/default/shell/shell?command=tr&command=a-z'))).toBe(
      true,
    );
  });

  test('deletes with grace, and at once when forced', async () => {
    await kubectl('delete', 'pod', 'shell', '--wait=false');
    const pod = await api.client.get<Pod>(PODS, 'shell', 'default');
    expect(pod.metadata?.deletionGracePeriodSeconds).toBe(30);
    await kubectl('delete', 'pod', 'shell', '--force', '--grace-period=0');
    expect((await run('get', 'pod', 'shell')).err).toContain('Error from server (NotFound): pods "shell" not found');
  });

  test('drains by eviction', async () => {
    expect(await kubectl('cordon', 'n1')).toContain('cordoned');
    expect(await kubectl('drain', 'n1')).toContain('node/n1 drained');
  });

  test('does not let a stranger in', async () => {
    const { err } = await run(
      'get',
      'ns',
      '--kubeconfig=/dev/null',
      `--server=${api.server.url}`,
      '--insecure-skip-tls-verify',
      '--token=wrong',
    );
    expect(err).toContain('You must be logged in to the server');
  });

  test('has not failed inside', () => {
    expect(api.errors).toEqual([]);
  });
});
