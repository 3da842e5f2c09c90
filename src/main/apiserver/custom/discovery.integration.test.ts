import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CustomResourceDefinition } from '../../../shared/api/custom-resource-definition.ts';
import { API_SERVICES, CUSTOM_RESOURCE_DEFINITIONS, type APIService } from '../../../shared/api/kinds.ts';
import { CRON_TAB_DEFINITION, EXTENSION_SAMPLES } from '../../resources/testing/extension-samples.ts';
import { rawRequest, type RawAnswer } from '../testing/https-client.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

let api: TestServer;
beforeAll(async () => {
  api = await startTestServer();
});
afterAll(() => api.close());

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const get = (path: string, headers: Record<string, string> = {}): Promise<RawAnswer> =>
  rawRequest(api, { path, headers });

interface Discovered {
  items: {
    metadata: { name?: string };
    versions: { version: string; freshness: string; resources?: { resource: string }[] }[];
  }[];
}
const groups = async (): Promise<Discovered['items']> =>
  (JSON.parse((await get('/apis', { accept: AGGREGATED })).text) as Discovered).items;

/** Asks until the answer is what is waited for. */
async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  const until = Date.now() + 10_000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > until) throw new Error('it never came true');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('what a client has already is not sent again', async () => {
  for (const [path, headers] of [
    ['/apis', { accept: AGGREGATED }],
    ['/openapi/v3/apis/apps/v1', {}],
  ] as const) {
    const first = await get(path, headers);
    expect(first.code).toBe(200);
    const { etag } = first.headers;
    expect(etag).toMatch(/^"[0-9A-F]{64}"$/);
    const again = await get(path, { ...headers, 'if-none-match': String(etag) });
    expect([again.code, again.text]).toEqual([304, '']);
    expect((await get(path, { ...headers, 'if-none-match': '"other"' })).code).toBe(200);
  }
});

test('versions come with the preferred one first; old ones are told to be old', async () => {
  const crd = structuredClone(CRON_TAB_DEFINITION) as unknown as CustomResourceDefinition;
  const [version] = crd.spec.versions;
  if (!version) throw new Error('no version');
  crd.spec.versions = ['v1alpha1', 'v2', 'v1', 'v2beta1'].map((name) => ({
    ...version,
    name,
    storage: name === 'v1',
    ...(name === 'v1alpha1' ? { deprecated: true } : {}),
  }));
  await api.client.create(CUSTOM_RESOURCE_DEFINITIONS, crd);
  const found = await eventually(async () =>
    (await groups()).find(({ metadata }) => metadata.name === 'stable.example.com'),
  );
  expect(found.versions.map((entry) => entry.version)).toEqual(['v2', 'v1', 'v2beta1', 'v1alpha1']);
  const warned = await get('/apis/stable.example.com/v1alpha1/crontabs');
  expect(warned.headers['warning']).toBe('299 - "stable.example.com/v1alpha1 CronTab is deprecated"');
  expect((await get('/apis/stable.example.com/v2/crontabs')).headers['warning']).toBeUndefined();
});

test('a group version of another server is stale, and is not waited for', async () => {
  await api.client.create(API_SERVICES, structuredClone(EXTENSION_SAMPLES.APIService) as APIService);
  const stale = await eventually(async () =>
    (await groups()).find(({ metadata }) => metadata.name === 'metrics.example.com'),
  );
  expect(stale.versions).toEqual([{ version: 'v1', freshness: 'Stale', resources: [] }]);
  expect((await get('/apis/metrics.example.com/v1')).code).toBe(503);
  expect((await get('/apis')).text).not.toContain('metrics.example.com');
  const { status } = await api.client.get(API_SERVICES, 'v1.metrics.example.com');
  expect(status?.conditions?.map(({ type, status: value, reason }) => [type, value, reason])).toEqual([
    ['Available', 'False', 'AggregationNotSupported'],
  ]);
});

test('there is an APIService for everything served, and for nothing else', async () => {
  const { items } = await api.client.list(API_SERVICES);
  const names = items.map(({ metadata }) => metadata?.name);
  expect(names).toEqual(expect.arrayContaining(['v1.', 'v1.apps', 'v1.stable.example.com']));
  await api.client.delete(CUSTOM_RESOURCE_DEFINITIONS, { name: 'crontabs.stable.example.com' });
  await eventually(async () => {
    const left = await api.client.list(API_SERVICES);
    return left.items.some(({ spec }) => spec?.group === 'stable.example.com') ? undefined : true;
  });
  expect(api.errors).toEqual([]);
});

test('OpenAPI v2 is to be had as JSON and as protobuf', async () => {
  const json = await get('/openapi/v2');
  expect(json.headers['content-type']).toBe('application/json');
  expect((JSON.parse(json.text) as { swagger: string }).swagger).toBe('2.0');
  const protobuf = await get('/openapi/v2', { accept: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf' });
  expect(protobuf.headers['content-type']).toBe('application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
  expect(protobuf.text.length).toBeGreaterThan(100_000);
});
