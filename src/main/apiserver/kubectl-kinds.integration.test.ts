import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EVENTS_V1, NODES, PODS, type EventsV1, type Node, type Pod } from '../../shared/api/kinds.ts';
import { startFakeKubelet, type FakeKubelet } from './testing/fake-kubelet.ts';
import { KUBECTL, kubectlOf } from './testing/kubectl-versions.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

const OLD = kubectlOf('1.27');

describe.skipIf(!KUBECTL)('kubectl and the kinds about scaling, events, metrics and admission', () => {
  let kubelet: FakeKubelet;
  let api: TestServer;
  let home: string;

  const run = (command: string, args: string[]): Promise<{ code: number; out: string; err: string }> =>
    new Promise((resolve) => {
      const cache = join(home, `cache-${command.replaceAll('/', '_')}`);
      execFile(
        command,
        [args[0] ?? '', '--cache-dir', cache, ...args.slice(1)],
        { env: { ...process.env, KUBECONFIG: api.kubeconfig, HOME: home } },
        (error, out, err) => resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, out, err }),
      );
    });
  const kubectlBy = async (command: string, ...args: string[]): Promise<string> => {
    const { code, out, err } = await run(command, args);
    expect({ args, code, err: code === 0 ? '' : err }).toEqual({ args, code: 0, err: '' });
    return out;
  };
  const kubectl = (...args: string[]): Promise<string> => kubectlBy(KUBECTL ?? '', ...args);
  const file = async (name: string, text: string): Promise<string> => {
    const path = join(home, name);
    await writeFile(path, text);
    return path;
  };

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'wheelhouse-kubectl-'));
    kubelet = await startFakeKubelet();
    api = await startTestServer({
      dialNode: kubelet.dial,
      metricsSource: {
        node: () => ({ at: Date.now(), windowMs: 5_000, cpu: 0.5, memory: 2 ** 30 }),
        pod: () => ({
          at: Date.now(),
          windowMs: 5_000,
          containers: [{ name: 'web', cpu: 0.012, memory: 33 * 2 ** 20 }],
        }),
      },
    });
    await api.client.create(NODES, { metadata: { name: 'n1' } } as Node);
    await api.client.updateStatus(NODES, {
      ...(await api.client.get(NODES, 'n1')),
      status: { allocatable: { cpu: '2', memory: '4Gi' }, capacity: { cpu: '2', memory: '4Gi' } },
    } as Node);
    await api.client.create(PODS, {
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        nodeName: 'n1',
        automountServiceAccountToken: false,
        containers: [{ name: 'web', image: 'nginx' }],
      },
    } as Pod);
    await kubectl('create', 'deployment', 'web', '--image=nginx');
  });
  afterAll(async () => {
    await api.close();
    await kubelet.close();
    await rm(home, { recursive: true, force: true });
  });

  test('autoscale, get and describe an autoscaler', async () => {
    expect(await kubectl('autoscale', 'deployment', 'web', '--min=2', '--max=5', '--cpu-percent=70')).toContain(
      'horizontalpodautoscaler.autoscaling/web autoscaled',
    );
    expect(await kubectl('get', 'hpa')).toMatch(/web\s+Deployment\/web\s+cpu: <unknown>\/70%\s+2\s+5\s+0/);
    const v1 = await kubectl(
      'get',
      'horizontalpodautoscalers.v1.autoscaling',
      'web',
      '-o',
      'jsonpath={.apiVersion} {.spec.targetCPUUtilizationPercentage}',
    );
    expect(v1).toBe('autoscaling/v1 70');
    expect(await kubectl('describe', 'hpa', 'web')).toContain('resource cpu on pods');
    expect(await kubectl('get', 'all')).toContain('horizontalpodautoscaler.autoscaling/web');
  });

  test.skipIf(!OLD)('an old kubectl autoscales in version 1', async () => {
    await kubectl('create', 'deployment', 'old', '--image=nginx');
    await kubectlBy(OLD ?? '', 'autoscale', 'deployment', 'old', '--max=3', '--cpu-percent=40');
    expect(
      await kubectl(
        'get',
        'hpa',
        'old',
        '-o',
        'jsonpath={.apiVersion} {.spec.metrics[0].resource.target.averageUtilization}',
      ),
    ).toBe('autoscaling/v2 40');
  });

  test('an autoscaler of version 1 keeps what it has no fields for', async () => {
    const path = await file(
      'hpa.yaml',
      `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: rich}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 4
  metrics:
  - {type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 100Mi}}}
  - {type: Pods, pods: {metric: {name: requests}, target: {type: AverageValue, averageValue: "10"}}}
  behavior: {scaleDown: {stabilizationWindowSeconds: 30}}
`,
    );
    await kubectl('apply', '-f', path);
    const before = await kubectl('get', 'hpa', 'rich', '-o', 'jsonpath={.spec}');
    await kubectl('annotate', 'horizontalpodautoscalers.v1.autoscaling', 'rich', 'note=x');
    await kubectl(
      'patch',
      'horizontalpodautoscalers.v1.autoscaling',
      'rich',
      '--type=merge',
      '-p',
      '{"spec":{"maxReplicas":6}}',
    );
    const after = await kubectl('get', 'hpa', 'rich', '-o', 'jsonpath={.spec}');
    expect(JSON.parse(after)).toEqual({ ...(JSON.parse(before) as object), maxReplicas: 6 });
    expect(await kubectl('get', 'hpa', 'rich', '-o', 'jsonpath={.metadata.annotations}')).not.toContain(
      'alpha.kubernetes.io',
    );
  });

  test('events of both groups are the same events', async () => {
    await api.client.create(EVENTS_V1, {
      metadata: { name: 'web.1', namespace: 'default' },
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'example.com/tests',
      reportingInstance: 'tests-1',
      action: 'Test',
      reason: 'Tested',
      note: 'was tested',
      type: 'Normal',
      regarding: { kind: 'Pod', namespace: 'default', name: 'web', apiVersion: 'v1' },
    } as EventsV1);
    expect(await kubectl('events', '--for=pod/web')).toMatch(/Normal\s+Tested\s+Pod\/web\s+was tested/);
    expect(await kubectl('get', 'events.events.k8s.io')).toMatch(/Normal\s+Tested\s+pod\/web\s+was tested/);
    expect(await kubectl('get', 'events.events.k8s.io', '--field-selector=regarding.name=web', '-o', 'name')).toContain(
      'web.1',
    );
  });

  test('top shows what nodes and pods use', async () => {
    expect(await kubectl('top', 'node')).toMatch(/n1\s+500m\s+25%\s+1024Mi\s+25%/);
    expect(await kubectl('top', 'pod', '--containers')).toMatch(/web\s+web\s+12m\s+33Mi/);
  });

  test('debug puts a container into a pod', async () => {
    const { out, err } = await run(KUBECTL ?? '', [
      'debug',
      'web',
      '--image=busybox',
      '--attach=false',
      '-c',
      'look',
      '--',
      'sh',
    ]);
    expect(out + err).not.toContain('Error');
    expect(await kubectl('get', 'pod', 'web', '-o', 'jsonpath={.spec.ephemeralContainers[0].name}')).toBe('look');
  });

  test('policies and webhooks are applied, shown and explained', async () => {
    const path = await file(
      'policy.yaml',
      `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: small.example.com}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments, deployments/scale]}
  validations:
  - expression: "!has(object.spec.replicas) || object.spec.replicas <= 5"
    messageExpression: "'at most 5, not ' + string(object.spec.replicas)"
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: small.example.com}
spec: {policyName: small.example.com, validationActions: [Deny]}
`,
    );
    await kubectl('apply', '-f', path);
    expect(await kubectl('get', 'validatingadmissionpolicies')).toMatch(/small.example.com\s+1\s+<unset>/);
    const refused = await run(KUBECTL ?? '', ['scale', 'deployment', 'web', '--replicas=9']);
    expect(refused.err).toContain(
      "ValidatingAdmissionPolicy 'small.example.com' with binding 'small.example.com' denied request: at most 5, not 9",
    );
    await kubectl('scale', 'deployment', 'web', '--replicas=3');
    expect(await kubectl('explain', 'validatingwebhookconfigurations.webhooks.clientConfig')).toContain('caBundle');
    await kubectl('delete', '-f', path);
  });
});
