import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { messageOf } from '../../shared/api/errors.ts';
import { ApiClient } from '../../shared/client/api-client.ts';
import { EventRecorder } from '../../shared/client/event-recorder.ts';
import { SharedInformers } from '../../shared/client/shared-informers.ts';
import type { Logger } from '../../shared/logger.ts';
import { MASTERS_GROUP } from '../apiserver/index.ts';
import { KUBECTL } from '../apiserver/testing/kubectl-versions.ts';
import { startTestServer, type TestServer } from '../apiserver/testing/test-server.ts';
import { startScheduler } from '../scheduler/index.ts';
import { Simulator } from '../simulator/simulator.ts';
import { deploymentController } from './deployment/deployment-controller.ts';
import { disruptionController } from './disruption/disruption-controller.ts';
import { nodeLifecycleController } from './node-lifecycle/node-lifecycle-controller.ts';
import { pvcProtectionController } from './pvc-protection/pvc-protection-controller.ts';
import { replicaSetController } from './replicaset/replicaset-controller.ts';
import { resourceQuotaController } from './resource-quota/resource-quota-controller.ts';

const DEPLOYMENT = (namespace: string, replicas: number): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: ${namespace}}
spec:
  replicas: ${String(replicas)}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: "web:1", resources: {requests: {cpu: 100m, memory: 64Mi}}}]
`;

/** Quotas, limits and budgets as users meet them: real server, controllers, simulated machines, kubectl. */
describe.skipIf(!KUBECTL)(`policy, by kubectl${KUBECTL ? '' : ' (skipped: no kubectl in PATH)'}`, () => {
  let api: TestServer;
  let home: string;
  const warnings: string[] = [];
  const stops: (() => Promise<void> | void)[] = [];

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'wheelhouse-policy-'));
    api = await startTestServer();
    const ignore = (): void => undefined;
    const warn = (fields: object, message: string): void => void warnings.push(`${message} ${JSON.stringify(fields)}`);
    const log: Logger = { debug: ignore, info: ignore, warn, error: warn };
    const clock = { now: () => Date.now() };
    const client = (name: string): ApiClient =>
      new ApiClient(api.server.inProcess({ name: `system:${name}`, groups: [MASTERS_GROUP] }), name);
    const informers = new SharedInformers(client('informers'), (error) => warnings.push(messageOf(error)));
    const simulator = new Simulator({ client: client('simulator'), clock, log, version: 'v1.34.0' });
    await simulator.start();
    await simulator.setCount(2);
    const scheduler = await startScheduler({
      client: client('default-scheduler'),
      informers,
      clock,
      random: Math.random,
      log,
    });
    const controllers = [
      nodeLifecycleController,
      deploymentController,
      replicaSetController,
      disruptionController,
      resourceQuotaController,
      pvcProtectionController,
    ].map((make) => {
      const own = client(make.name);
      const onError = (error: unknown): void => void warnings.push(messageOf(error));
      const events = new EventRecorder(own, { component: make.name, now: () => new Date(), onError });
      return make({ client: own, events, informers, clock, log });
    });
    await informers.start();
    for (const controller of controllers) controller.start();
    stops.push(
      ...controllers.map((controller) => () => controller.stop()),
      () => scheduler.stop(),
      () => informers.stop(),
      () => simulator.stop(),
      () => api.close(),
      () => rm(home, { recursive: true, force: true }),
    );
  });
  afterAll(async () => {
    for (const stop of stops) await stop();
  });

  /** Both outputs together; rejects when kubectl fails, with what it said. */
  const kubectl = (...args: string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const env = { ...process.env, KUBECONFIG: api.kubeconfig, HOME: home };
      execFile(KUBECTL ?? '', [...args, '--cache-dir', join(home, 'cache')], { env }, (error, out, err) =>
        error ? reject(new Error(err || error.message)) : resolve(out + err),
      );
    });
  const failure = (...args: string[]): Promise<string> =>
    kubectl(...args).then(
      (out) => Promise.reject(new Error(`kubectl succeeded: ${out}`)),
      (error: unknown) => messageOf(error),
    );
  const apply = async (manifest: string): Promise<string> => {
    const path = join(home, 'manifest.yaml');
    await writeFile(path, manifest);
    return kubectl('apply', '-f', path);
  };
  const until = async (
    what: string,
    ask: () => Promise<string>,
    good: (answer: string) => boolean,
  ): Promise<string> => {
    const end = Date.now() + 30_000;
    for (;;) {
      const last = await ask();
      if (good(last)) return last;
      if (Date.now() > end)
        throw new Error(`waited in vain for ${what}; last seen: ${last}; ${warnings.slice(-5).join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const rows = (text: string): string[][] => text.split('\n').map((line) => line.trim().split(/\s{2,}/));

  test('a quota is counted, described, exceeded and given back', async () => {
    await kubectl('create', 'namespace', 'team');
    await kubectl(
      'create',
      'quota',
      'q',
      '-n',
      'team',
      '--hard=pods=3,requests.memory=1Gi,services=1,count/deployments.apps=1',
    );
    await apply(DEPLOYMENT('team', 5));
    const described = await until(
      'three pods',
      () => kubectl('describe', 'quota', 'q', '-n', 'team'),
      (text) => /pods\s+3\s+3/.test(text),
    );
    expect(rows(described)).toEqual(
      expect.arrayContaining([
        ['Resource', 'Used', 'Hard'],
        ['count/deployments.apps', '1', '1'],
        ['pods', '3', '3'],
        ['requests.memory', '192Mi', '1Gi'],
        ['services', '0', '1'],
      ]),
    );
    await until(
      'the reason',
      () => kubectl('describe', 'rs', '-n', 'team'),
      (text) => /FailedCreate.*exceeded quota: q, requested: pods=1, used: pods=3, limited: pods=3/.test(text),
    );
    expect(await failure('create', 'deployment', 'second', '-n', 'team', '--image=x')).toContain(
      'error: failed to create deployment: deployments.apps "second" is forbidden: exceeded quota: q, requested: count/deployments.apps=1, used: count/deployments.apps=1, limited: count/deployments.apps=1',
    );
    expect(await failure('run', 'extra', '-n', 'team', '--image=x')).toContain(
      'Error from server (Forbidden): pods "extra" is forbidden: failed quota: q: must specify requests.memory for: extra',
    );
    await kubectl('scale', 'deployment', 'web', '-n', 'team', '--replicas=1');
    await until(
      'two given back',
      () => kubectl('get', 'quota', 'q', '-n', 'team', '-o', 'jsonpath={.status.used.pods}'),
      (used) => used === '1',
    );
  });

  test('limits are described and kept', async () => {
    await kubectl('create', 'namespace', 'bounded');
    await apply(`
apiVersion: v1
kind: LimitRange
metadata: {name: l, namespace: bounded}
spec:
  limits:
  - {type: Container, max: {cpu: 500m}, defaultRequest: {cpu: 100m}}
`);
    expect(rows(await kubectl('describe', 'limits', 'l', '-n', 'bounded'))).toEqual(
      expect.arrayContaining([['Container', 'cpu', '-', '500m', '100m', '500m', '-']]),
    );
    const overrides = JSON.stringify({
      spec: { containers: [{ name: 'x', image: 'x', resources: { limits: { cpu: '2' } } }] },
    });
    expect(await failure('run', 'x', '-n', 'bounded', '--image=x', `--overrides=${overrides}`)).toContain(
      'pods "x" is forbidden: maximum cpu usage per Container is 500m, but limit is 2',
    );
  });

  test('pod security warns of what it lets in and refuses the rest', async () => {
    await kubectl('create', 'namespace', 'secure');
    await kubectl('label', 'namespace', 'secure', 'pod-security.kubernetes.io/enforce=restricted');
    expect(await failure('run', 'x', '-n', 'secure', '--image=x')).toContain(
      'Error from server (Forbidden): pods "x" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "x" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "x" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "x" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "x" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    );
    expect(await kubectl('create', 'deployment', 'd', '-n', 'secure', '--image=x')).toContain(
      'Warning: would violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false',
    );
  });

  test('a claim in use stays until its pod is gone', async () => {
    await apply(`
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}, storageClassName: ""}
---
apiVersion: v1
kind: Pod
metadata: {name: user}
spec:
  nodeName: ${(await kubectl('get', 'nodes', '-o', 'name')).split('\n')[0]?.replace('node/', '') ?? ''}
  containers: [{name: c, image: x}]
  volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]
`);
    await kubectl('delete', 'pvc', 'data', '--wait=false');
    expect(await kubectl('get', 'pvc', 'data')).toContain('Terminating');
    await kubectl('delete', 'pod', 'user', '--now');
    await kubectl('wait', '--for=delete', 'pvc/data', '--timeout=20s');
  });

  test('a drain waits for what the budget allows', async () => {
    await apply(DEPLOYMENT('default', 4));
    await kubectl('rollout', 'status', 'deployment/web', '--timeout=30s');
    await kubectl('create', 'pdb', 'web', '--selector=app=web', '--min-available=3');
    await until(
      'a counted budget',
      () => kubectl('get', 'pdb', 'web', '-o', 'jsonpath={.status.disruptionsAllowed}'),
      (allowed) => allowed === '1',
    );
    expect(rows(await kubectl('get', 'pdb', 'web', '--no-headers'))[0]?.slice(0, 4)).toEqual(['web', '3', 'N/A', '1']);
    const placed = (await kubectl('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].spec.nodeName}')).split(
      ' ',
    );
    // Four pods on two machines: one has at least two, of which one must wait.
    const node = placed.find((name, index) => placed.indexOf(name) !== index) ?? '';
    const drained = await kubectl('drain', node, '--ignore-daemonsets', '--force', '--timeout=60s');
    expect(drained).toContain(
      "(will retry after 5s): Cannot evict pod as it would violate the pod's disruption budget.",
    );
    expect(drained).toContain(`node/${node} drained`);
    await kubectl('rollout', 'status', 'deployment/web', '--timeout=30s');
    const nodes = await kubectl('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].spec.nodeName}');
    expect(new Set(nodes.split(' '))).not.toContain(node);
  });
});
