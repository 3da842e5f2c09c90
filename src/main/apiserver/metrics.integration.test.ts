import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CONFIG_MAPS } from '../../shared/api/kinds.ts';
import { rawRequest } from './testing/https-client.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

let api: TestServer;
beforeAll(async () => {
  api = await startTestServer();
});
afterAll(async () => {
  expect(api.errors).toEqual([]);
  await api.close();
});

const get = (path: string): Promise<{ code: number; text: string }> => rawRequest(api, { path });

describe('/metrics', () => {
  test('counts and times requests, tells what is stored and how the process is', async () => {
    await api.client.create(CONFIG_MAPS, { metadata: { name: 'counted', namespace: 'default' } });
    await get('/api/v1/namespaces/default/configmaps/counted');
    await get('/api/v1/namespaces/default/configmaps/none');
    const { text } = await get('/metrics');
    const labels =
      'verb="GET",group="",version="v1",resource="configmaps",subresource="",scope="resource",component="apiserver"';
    expect(text).toContain(`apiserver_request_total{${labels},code="200"} 1\n`);
    expect(text).toContain(`apiserver_request_total{${labels},code="404"} 1\n`);
    expect(text).toContain(`apiserver_request_duration_seconds_count{${labels}} 2\n`);
    expect(text).toMatch(/^apiserver_storage_objects\{resource="configmaps"\} [1-9]/m);
    expect(text).toMatch(/^apiserver_current_inflight_requests\{request_kind="mutating"\} 0$/m);
    expect(text).toMatch(
      /^etcd_request_duration_seconds_count\{operation="create",group="",resource="configmaps"\} [1-9]/m,
    );
    for (const name of ['process_resident_memory_bytes', 'process_cpu_seconds_total', 'nodejs_eventloop_lag_seconds'])
      expect(text).toMatch(new RegExp(`^${name} [0-9.e-]+$`, 'm'));
  });

  test('has no label that a client made up', async () => {
    await get('/api/v1/namespaces/default/invented/thing');
    await get('/apis/made.up/v1/things');
    const { text } = await get('/metrics');
    expect(text).not.toMatch(/invented|made\.up/);
  });
});

describe('health', () => {
  test('is told in one word, in full, and check by check', async () => {
    expect(await get('/livez')).toMatchObject({ code: 200, text: 'ok' });
    const { text } = await get('/readyz?verbose');
    expect(text).toMatch(/^\[\+\]ping ok\n\[\+\]log ok\n\[\+\]etcd ok\n/);
    expect(text).toContain('[+]poststarthook/rbac/bootstrap-roles ok\n');
    expect(text).toMatch(/readyz check passed\n$/);
    expect(await get('/healthz/poststarthook/rbac/bootstrap-roles')).toMatchObject({ code: 200, text: 'ok' });
    expect(await get('/readyz/nothing')).toMatchObject({ code: 404, text: '404 page not found\n' });
  });

  test('leaves out what it is asked to, and says what it could not', async () => {
    const { text } = await get('/readyz?verbose&exclude=etcd&exclude=nothing');
    expect(text).toContain('[+]etcd excluded: ok\n');
    expect(text).toContain('warn: some health checks cannot be excluded: no matches for "nothing"\n');
  });
});
