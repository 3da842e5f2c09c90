import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NODES, PODS, type Node, type Pod } from '../../../shared/api/kinds.ts';
import { jsonOfAnswer, rawRequest } from '../testing/https-client.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

const AT = Date.parse('2026-01-01T00:00:00Z');

describe('metrics.k8s.io', () => {
  let api: TestServer;

  beforeAll(async () => {
    api = await startTestServer({
      metricsSource: {
        node: (name) => (name === 'busy' ? { at: AT, windowMs: 15_000, cpu: 0.25, memory: 64 * 2 ** 20 } : undefined),
        pod: (_namespace, name) =>
          name === 'web'
            ? { at: AT, windowMs: 15_000, containers: [{ name: 'web', cpu: 0.0123456789, memory: 1500 * 1024 }] }
            : undefined,
      },
    });
    for (const name of ['busy', 'silent'])
      await api.client.create(NODES, { metadata: { name, labels: { size: name } } } as Node);
    for (const name of ['web', 'new'])
      await api.client.create(PODS, {
        metadata: { name, namespace: 'default', labels: { app: name } },
        spec: { containers: [{ name: 'web', image: 'nginx' }], automountServiceAccountToken: false },
      } as Pod);
  });
  afterAll(() => api.close());

  const get = async (path: string, headers: Record<string, string> = {}) => {
    const answer = await rawRequest(api, { path: `/apis/metrics.k8s.io/v1beta1/${path}`, headers });
    return { code: answer.code, body: jsonOfAnswer(answer) };
  };

  test('lists what was measured, by selector', async () => {
    expect(await get('nodes')).toMatchObject({
      code: 200,
      body: {
        kind: 'NodeMetricsList',
        apiVersion: 'metrics.k8s.io/v1beta1',
        items: [
          {
            metadata: { name: 'busy', labels: { size: 'busy' } },
            timestamp: '2026-01-01T00:00:00Z',
            window: '15s',
            usage: { cpu: '250m', memory: '64Mi' },
          },
        ],
      },
    });
    expect((await get('namespaces/default/pods?labelSelector=app%3Dweb')).body).toMatchObject({
      kind: 'PodMetricsList',
      items: [
        {
          metadata: { name: 'web', namespace: 'default' },
          containers: [{ name: 'web', usage: { cpu: '12345679n', memory: '1500Ki' } }],
        },
      ],
    });
    expect((await get('pods?labelSelector=app%3Dnew')).body).toMatchObject({ items: [] });
  });

  test('one by name, and what there is none of', async () => {
    expect((await get('namespaces/default/pods/web')).body).toMatchObject({ kind: 'PodMetrics', window: '15s' });
    expect((await get('nodes/busy')).code).toBe(200);
    expect(await get('nodes/silent')).toMatchObject({
      code: 404,
      body: { message: 'nodemetrics.metrics.k8s.io "silent" not found' },
    });
    expect(await get('namespaces/default/pods/new')).toMatchObject({
      code: 404,
      body: { message: 'podmetrics.metrics.k8s.io "default/new" not found' },
    });
    expect(await get('nodes/gone')).toMatchObject({ code: 404, body: { message: 'nodes "gone" not found' } });
  });

  test('is shown as a table, and cannot be written', async () => {
    const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
    expect((await get('nodes', table)).body).toMatchObject({ rows: [{ cells: ['busy', '250m', '64Mi', '15s'] }] });
    const answer = await rawRequest(api, {
      method: 'DELETE',
      path: '/apis/metrics.k8s.io/v1beta1/nodes/busy',
    });
    expect(answer.code).toBe(405);
  });

  test('a Binding puts a pod on a node, by the older path', async () => {
    const bind = () =>
      rawRequest(api, {
        method: 'POST',
        path: '/api/v1/namespaces/default/bindings',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ metadata: { name: 'new' }, target: { kind: 'Node', name: 'busy' } }),
      });
    expect((await bind()).code).toBe(201);
    expect((await api.client.get(PODS, 'new', 'default')).spec?.nodeName).toBe('busy');
    expect((await bind()).code).toBe(409);
  });
});
