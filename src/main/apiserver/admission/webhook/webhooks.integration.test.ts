import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ApiError } from '../../../../shared/api/errors.ts';
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  HORIZONTAL_POD_AUTOSCALERS,
  HORIZONTAL_POD_AUTOSCALERS_V1,
  MUTATING_WEBHOOK_CONFIGURATIONS,
  NAMESPACES,
  PODS,
  SERVICES,
  VALIDATING_WEBHOOK_CONFIGURATIONS,
  type ConfigMap,
  type Deployment,
  type EndpointSlice,
  type HorizontalPodAutoscalerV1,
  type Namespace,
  type Service,
} from '../../../../shared/api/kinds.ts';
import type { MutatingWebhook } from '../../../resources/validation/webhooks.ts';
import { startFakeKubelet, type FakeKubelet } from '../../testing/fake-kubelet.ts';
import { readAudit } from '../../audit/read-audit.ts';
import { jsonOfAnswer, rawRequest } from '../../testing/https-client.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';
import { patchAnswer, startWebhookServer, type WebhookServer } from '../../testing/webhook-server.ts';

const CONFIG_MAP_RULE = {
  operations: ['CREATE', 'UPDATE', 'DELETE'],
  apiGroups: [''],
  apiVersions: ['v1'],
  resources: ['configmaps'],
};

describe('admission webhooks', () => {
  let kubelet: FakeKubelet;
  let api: TestServer;
  let hooks: WebhookServer;
  let number = 0;

  beforeAll(async () => {
    kubelet = await startFakeKubelet();
    [api, hooks] = await Promise.all([
      startTestServer({ dialNode: kubelet.dial, audit: 'metadata' }),
      startWebhookServer(['hooks.default.svc']),
    ]);
  });
  afterEach(async () => {
    for (const type of [MUTATING_WEBHOOK_CONFIGURATIONS, VALIDATING_WEBHOOK_CONFIGURATIONS])
      for (const { metadata } of (await api.client.list(type)).items)
        await api.client.delete(type, { name: metadata?.name ?? '' });
    hooks.reviews.length = 0;
  });
  afterAll(async () => {
    await api.close();
    await hooks.close();
    await kubelet.close();
  });

  /** A webhook at a path of the test's server, for ConfigMaps unless told. */
  const webhook = (path: string, change: Partial<MutatingWebhook> = {}): MutatingWebhook => ({
    name: `${path.slice(1)}.example.com`,
    clientConfig: { url: `https://127.0.0.1:${hooks.port}${path}`, caBundle: hooks.caBundle },
    rules: [CONFIG_MAP_RULE],
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    timeoutSeconds: 5,
    ...change,
  });
  const mutating = (...webhooks: MutatingWebhook[]) =>
    api.client.create(MUTATING_WEBHOOK_CONFIGURATIONS, { metadata: { name: `m-${(number += 1)}` }, webhooks });
  const validating = (...webhooks: MutatingWebhook[]) =>
    api.client.create(VALIDATING_WEBHOOK_CONFIGURATIONS, { metadata: { name: `v-${(number += 1)}` }, webhooks });
  const configMap = (data: Record<string, string> = {}, labels: Record<string, string> = {}): ConfigMap => ({
    metadata: { name: `config-${(number += 1)}`, namespace: 'default', labels },
    data,
  });
  const create = (data?: Record<string, string>, labels?: Record<string, string>) =>
    api.client.create(CONFIG_MAPS, configMap(data, labels));
  const refusal = async (write: Promise<unknown>): Promise<ApiError> => {
    const error = await write.then(
      () => undefined,
      (thrown: unknown) => thrown as ApiError,
    );
    expect(error).toBeDefined();
    return error as ApiError;
  };

  test('are told who does what to which object', async () => {
    hooks.on('/see', () => ({ allowed: true }));
    await validating(webhook('/see'));
    const made = await create({ a: '1' });
    const name = made.metadata?.name ?? '';
    await api.client.update(CONFIG_MAPS, { ...made, data: { a: '2' } });
    await api.client.delete(CONFIG_MAPS, { name, namespace: 'default' });
    const seen = hooks.reviews.map(({ apiVersion, request }) => ({
      apiVersion,
      operation: request.operation,
      object: (request.object as ConfigMap | null)?.data,
      old: (request.oldObject as ConfigMap | null)?.data,
      options: request.options?.kind,
    }));
    expect(seen).toEqual([
      { apiVersion: 'admission.k8s.io/v1', operation: 'CREATE', object: { a: '1' }, options: 'CreateOptions' },
      {
        apiVersion: 'admission.k8s.io/v1',
        operation: 'UPDATE',
        object: { a: '2' },
        old: { a: '1' },
        options: 'UpdateOptions',
      },
      { apiVersion: 'admission.k8s.io/v1', operation: 'DELETE', old: { a: '2' }, options: 'DeleteOptions' },
    ]);
    expect(hooks.reviews[0]?.request).toMatchObject({
      kind: { group: '', version: 'v1', kind: 'ConfigMap' },
      resource: { group: '', version: 'v1', resource: 'configmaps' },
      name,
      namespace: 'default',
      userInfo: { username: 'test', groups: expect.arrayContaining(['system:masters']) as string[] },
      dryRun: false,
    });
  });

  test('annotate the audit event of every operation, and hear of a pod that is bound', async () => {
    hooks.on('/note', ({ request }) => ({
      allowed: request.operation !== 'CONNECT',
      auditAnnotations: { seen: 'yes' },
    }));
    const operations = ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'];
    await validating(
      webhook('/note', {
        rules: [{ operations, apiGroups: [''], apiVersions: ['v1'], resources: ['pods', 'pods/*'] }],
      }),
    );
    const made = await api.client.create(PODS, {
      metadata: { name: 'noted', namespace: 'default' },
      spec: { containers: [{ name: 'a', image: 'a' }] },
    });
    const at = '/api/v1/namespaces/default/pods/noted';
    const bound = await rawRequest(api, {
      method: 'POST',
      path: `${at}/binding`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ metadata: { name: 'noted' }, target: { kind: 'Node', name: 'n1' } }),
    });
    expect(bound.code).toBe(201);
    await rawRequest(api, {
      path: `${at}/exec?command=ls&stdout=true&container=a`,
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        'sec-websocket-version': '13',
      },
    });
    await rawRequest(api, {
      method: 'PATCH',
      path: `${at}?fieldManager=me&fieldValidation=Strict`,
      headers: { 'content-type': 'application/merge-patch+json' },
      body: '{"metadata":{"labels":{"a":"b"}}}',
    });
    await rawRequest(api, { method: 'DELETE', path: `${at}?gracePeriodSeconds=0` });
    expect(hooks.reviews.slice(-2).map(({ request }) => request.options)).toEqual([
      { kind: 'UpdateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'me', fieldValidation: 'Strict' },
      { kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/v1', gracePeriodSeconds: 0 },
    ]);
    expect(
      hooks.reviews.map(({ request: { operation, subResource = '', name, kind, object, oldObject } }) => [
        `${operation} ${subResource} ${kind.kind} ${name}`,
        (object ?? oldObject)?.['kind'],
      ]),
    ).toEqual([
      ['CREATE  Pod noted', made.kind],
      ['CREATE binding Binding noted', 'Binding'],
      ['CONNECT exec PodExecOptions noted', 'PodExecOptions'],
      ['UPDATE  Pod noted', made.kind],
      ['DELETE  Pod noted', made.kind],
    ]);
    await api.auditLog?.flush();
    const found = await readAudit({ directory: join(api.directory, 'audit'), resource: 'pods', name: 'noted' });
    expect(found.map(({ verb, annotations }) => [verb, annotations?.['note.example.com/seen']])).toEqual(
      expect.arrayContaining([
        ['create', 'yes'],
        ['get', 'yes'],
        ['delete', 'yes'],
      ]),
    );
  });

  test('refuse in their own words, code and reason', async () => {
    hooks.on('/deny', ({ request }) => ({
      allowed: false,
      ...((request.object as ConfigMap).data?.['say']
        ? { status: { message: 'not today', code: 403, reason: 'Forbidden' } }
        : {}),
    }));
    await validating(webhook('/deny'));
    expect(await refusal(create({ say: 'it' }))).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message: 'admission webhook "deny.example.com" denied the request: not today',
    });
    expect(await refusal(create())).toMatchObject({
      code: 400,
      message: 'admission webhook "deny.example.com" denied the request without explanation',
    });
  });

  test('change the object one after another, and see it again when asked to', async () => {
    hooks.on('/first', ({ request }) =>
      patchAnswer([
        { op: 'add', path: '/data/first', value: String(Object.keys((request.object as ConfigMap).data ?? {}).length) },
      ]),
    );
    hooks.on('/second', () => patchAnswer([{ op: 'add', path: '/data/second', value: 'yes' }]));
    await mutating(webhook('/first', { reinvocationPolicy: 'IfNeeded' }), webhook('/second'));
    const made = await create({ own: '1' });
    // Asked again after the second had added a member, it counts three.
    expect(made.data).toEqual({ own: '1', first: '3', second: 'yes' });
    expect(hooks.reviews.map(({ path }) => path)).toEqual(['/first', '/second', '/first']);
  });

  test('a change that makes the object invalid is the error of the write', async () => {
    hooks.on('/break', () => patchAnswer([{ op: 'add', path: '/data/bad key', value: 'x' }]));
    hooks.on('/garble', () => patchAnswer([{ op: 'replace', path: '/data', value: 7 }]));
    const { metadata } = await mutating(webhook('/break'));
    expect(await refusal(create({ a: '1' }))).toMatchObject({ code: 422 });
    await api.client.delete(MUTATING_WEBHOOK_CONFIGURATIONS, { name: metadata?.name ?? '' });
    await mutating(webhook('/garble'));
    expect(await refusal(create({ a: '1' }))).toMatchObject({ code: 500 });
    expect(
      (await api.client.list(CONFIG_MAPS, { namespace: 'default' })).items.some(({ data }) => data?.['bad key']),
    ).toBe(false);
  });

  test('that do not answer fail the request, or are gone without', async () => {
    hooks.on('/slow', () => 'silence');
    const url = `https://127.0.0.1:${hooks.port}/slow?timeout=1s`;
    const { metadata } = await validating(webhook('/slow', { timeoutSeconds: 1 }));
    expect((await refusal(create())).message).toBe(
      `Internal error occurred: failed calling webhook "slow.example.com": failed to call webhook: Post "${url}": context deadline exceeded`,
    );
    await api.client.delete(VALIDATING_WEBHOOK_CONFIGURATIONS, { name: metadata?.name ?? '' });
    await validating(webhook('/slow', { timeoutSeconds: 1, failurePolicy: 'Ignore' }));
    expect((await create()).metadata?.uid).toBeDefined();
  });

  test.each([
    [
      'a redirect',
      '/away',
      { http: 302, headers: { location: 'https://127.0.0.1/elsewhere' } },
      'which is not followed',
    ],
    ['no such page', '/nowhere', { http: 404 }, 'the server could not find the requested resource'],
    [
      'an error',
      '/broken',
      { http: 500, body: 'oops' },
      'an error on the server ("oops") has prevented the request from succeeding',
    ],
    ['no JSON', '/prose', { http: 200, body: 'hello' }, 'json parse error'],
    [
      'another uid',
      '/other',
      { allowed: true, uid: 'other' },
      'received invalid webhook response: expected response.uid=',
    ],
    [
      'a patch',
      '/patchy',
      patchAnswer([{ op: 'add', path: '/x', value: 1 }]),
      'validating webhook may not return response.patch',
    ],
  ])('%s is no answer', async (_what, path, answer, message) => {
    hooks.on(path, () => answer);
    await validating(webhook(path));
    const error = await refusal(create());
    expect(error.code).toBe(500);
    expect(error.message).toContain(`failed calling webhook "${path.slice(1)}.example.com": `);
    expect(error.message).toContain(message);
  });

  test('are only trusted by their own authority, and only once connected to', async () => {
    hooks.on('/trust', () => ({ allowed: true }));
    const other = await startWebhookServer();
    await other.close();
    const { metadata } = await validating(
      webhook('/trust', {
        clientConfig: { url: `https://127.0.0.1:${hooks.port}/trust`, caBundle: other.caBundle },
      }),
    );
    expect((await refusal(create())).message).toMatch(/certificate|signature/);
    await api.client.delete(VALIDATING_WEBHOOK_CONFIGURATIONS, { name: metadata?.name ?? '' });
    await validating(webhook('/trust'));
    await create();
    const before = hooks.connections();
    for (let count = 0; count < 3; count += 1) await create();
    expect(hooks.connections()).toBe(before);
  });

  test('are asked about what their rules, selectors and conditions say', async () => {
    hooks.on('/chosen', () => ({ allowed: false, status: { message: 'chosen' } }));
    await api.client.create(NAMESPACES, { metadata: { name: 'watched', labels: { watched: 'yes' } } } as Namespace);
    await validating(
      webhook('/chosen', {
        namespaceSelector: { matchLabels: { watched: 'yes' } },
        objectSelector: { matchExpressions: [{ key: 'skip', operator: 'DoesNotExist' }] },
        matchConditions: [
          { name: 'has-data', expression: 'has(object.data) && size(object.data) > 0' },
          {
            name: 'not-free',
            expression: "!authorizer.group('').resource('configmaps').check('fly').allowed() || request.name != 'free'",
          },
        ],
      }),
    );
    const make = (name: string, change: Partial<ConfigMap>) =>
      api.client.create(CONFIG_MAPS, {
        metadata: { name, namespace: 'watched', ...change.metadata },
        ...(change.data ? { data: change.data } : {}),
      });
    expect((await refusal(make('refused', { data: { a: '1' } }))).message).toContain('chosen');
    await make('empty', {});
    await make('free', { data: { a: '1' } });
    await make('skipped', { metadata: { labels: { skip: 'yes' } }, data: { a: '1' } });
    await create({ a: '1' });
    expect(hooks.reviews).toHaveLength(1);
  });

  test('a condition that cannot be evaluated refuses, or skips with failurePolicy Ignore', async () => {
    const matchConditions = [{ name: 'missing', expression: "object.data.missing == 'x'" }];
    const { metadata } = await validating(webhook('/never', { matchConditions }));
    expect(await refusal(create())).toMatchObject({
      code: 403,
      message: expect.stringContaining('no such key') as string,
    });
    await api.client.delete(VALIDATING_WEBHOOK_CONFIGURATIONS, { name: metadata?.name ?? '' });
    await validating(webhook('/never', { matchConditions, failurePolicy: 'Ignore' }));
    await create();
    expect(hooks.reviews).toEqual([]);
  });

  test('with matchPolicy Equivalent see the version they asked for, and their changes come back', async () => {
    const rules = [
      {
        operations: ['CREATE'],
        apiGroups: ['autoscaling'],
        apiVersions: ['v2'],
        resources: ['horizontalpodautoscalers'],
      },
    ];
    hooks.on('/scale', ({ request }) => {
      expect(request.object).toMatchObject({ apiVersion: 'autoscaling/v2' });
      return patchAnswer([{ op: 'replace', path: '/spec/metrics/0/resource/target/averageUtilization', value: 33 }]);
    });
    await mutating(webhook('/scale', { rules }));
    const autoscaler = (name: string): HorizontalPodAutoscalerV1 => ({
      metadata: { name, namespace: 'default' },
      spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 3, targetCPUUtilizationPercentage: 50 },
    });
    const made = await api.client.create(HORIZONTAL_POD_AUTOSCALERS_V1, autoscaler('one'));
    expect(made).toMatchObject({ apiVersion: 'autoscaling/v1', spec: { targetCPUUtilizationPercentage: 33 } });
    expect(hooks.reviews[0]?.request).toMatchObject({
      kind: { version: 'v2' },
      requestKind: { version: 'v1' },
    });
    expect((await api.client.get(HORIZONTAL_POD_AUTOSCALERS, 'one', 'default')).spec?.metrics).toHaveLength(1);
  });

  test('of subresources see their bodies', async () => {
    hooks.on('/replicas', ({ request }) => ({
      allowed: false,
      status: {
        message: `${request.kind.kind} ${String((request.object as { spec: { replicas: number } }).spec.replicas)}`,
      },
    }));
    await api.client.create(DEPLOYMENTS, {
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx' }] } },
      },
    } as Deployment);
    await validating(
      webhook('/replicas', {
        rules: [{ operations: ['UPDATE'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments/scale'] }],
      }),
    );
    const answer = await rawRequest(api, {
      method: 'PATCH',
      path: '/apis/apps/v1/namespaces/default/deployments/web/scale',
      headers: { 'content-type': 'application/merge-patch+json' },
      body: '{"spec":{"replicas":5}}',
    });
    expect(jsonOfAnswer(answer)['message']).toContain('denied the request: Scale 5');
  });

  test('say warnings, and dry runs are only theirs without side effects', async () => {
    hooks.on('/warn', ({ request }) => ({ allowed: true, warnings: [`dry run: ${request.dryRun}`] }));
    await validating(webhook('/warn'));
    const { code, headers } = await rawRequest(api, {
      method: 'POST',
      path: '/api/v1/namespaces/default/configmaps?dryRun=All',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(configMap()),
    });
    expect([code, headers['warning']]).toEqual([201, '299 - "dry run: true"']);
  });

  test('never about webhook configurations themselves', async () => {
    hooks.on('/all', () => ({ allowed: false }));
    const everything = [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] }];
    const { metadata } = await validating(webhook('/all', { rules: everything }));
    expect((await refusal(create())).message).toContain('denied');
    await mutating(webhook('/all', { rules: everything }));
    await api.client.delete(VALIDATING_WEBHOOK_CONFIGURATIONS, { name: metadata?.name ?? '' });
    expect(hooks.reviews.map(({ request }) => request.kind.kind)).toEqual(['ConfigMap']);
  });

  test('that are Services are reached through the node of a pod', async () => {
    hooks.on('/inside', ({ request }) => ({ allowed: false, status: { message: `inside ${request.operation}` } }));
    const service = { namespace: 'default', name: 'hooks', path: '/inside' };
    await validating(webhook('/inside', { clientConfig: { service, caBundle: hooks.caBundle } }));
    expect((await refusal(create())).message).toBe(
      'Internal error occurred: failed calling webhook "inside.example.com": failed to call webhook: Post "https://hooks.default.svc:443/inside?timeout=5s": services "hooks" not found',
    );
    await api.client.create(SERVICES, {
      metadata: { name: 'hooks', namespace: 'default' },
      spec: { ports: [{ port: 443, targetPort: hooks.port }], selector: { app: 'hooks' } },
    } as unknown as Service);
    expect((await refusal(create())).message).toContain('no endpoints available for service "hooks"');
    await api.client.create(ENDPOINT_SLICES, {
      metadata: { name: 'hooks-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'hooks' } },
      addressType: 'IPv4',
      endpoints: [
        {
          addresses: ['10.1.0.9'],
          conditions: { ready: true },
          nodeName: 'n1',
          targetRef: { kind: 'Pod', name: 'hook-0' },
        },
      ],
      ports: [{ port: hooks.port }],
    } as EndpointSlice);
    const before = hooks.connections();
    for (let count = 0; count < 2; count += 1)
      expect((await refusal(create())).message).toContain('denied the request: inside CREATE');
    expect(kubelet.requests.at(-1)).toContain(`/portForward/default/hook-0?port=${hooks.port}`);
    expect(hooks.connections() - before).toBe(1);
  });
});
