import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CONFIG_MAPS, DEPLOYMENTS, type Deployment } from '../../shared/api/kinds.ts';
import { jsonOfAnswer, rawRequest, type RawAnswer } from './testing/https-client.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

let api: TestServer;
beforeAll(async () => {
  api = await startTestServer();
  await api.client.create(CONFIG_MAPS, { metadata: { name: 'target', namespace: 'default' }, data: { a: 'b' } });
  await api.client.create(DEPLOYMENTS, {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    },
  });
});
afterAll(async () => {
  await api.close();
});

const JSON_TYPE = 'application/json';
const YAML = 'application/yaml';
const MERGE = 'application/merge-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';
const JSON_PATCH = 'application/json-patch+json';
const APPLY = 'application/apply-patch+yaml';
const CM = '/api/v1/namespaces/default/configmaps';
const WEB = '/apis/apps/v1/namespaces/default/deployments/web';

const send = (method: string, path: string, contentType: string, body: string | Buffer): Promise<RawAnswer> =>
  rawRequest(api, { method, path, headers: { 'content-type': contentType }, body });
const refused = (answer: RawAnswer): void => {
  expect(answer.code, answer.text).toBeGreaterThanOrEqual(400);
  expect(answer.code, answer.text).toBeLessThan(500);
  expect(jsonOfAnswer(answer)).toMatchObject({ kind: 'Status', status: 'Failure', code: answer.code });
  expect(String(jsonOfAnswer(answer)['message']).length).toBeGreaterThan(10);
  expect(api.errors).toEqual([]);
};

const nested = (depth: number, open: string, close: string, inside: string): string =>
  open.repeat(depth) + inside + close.repeat(depth);
const ALIAS_BOMB = [
  'a: &a [x,x,x,x,x,x,x,x,x,x]',
  ...'bcdefghi'.split('').map((name, index) => {
    const before = 'abcdefgh'[index] ?? 'a';
    return `${name}: &${name} [${Array(10).fill(`*${before}`).join(',')}]`;
  }),
].join('\n');

const BODIES: [string, string | Buffer][] = [
  ['nothing', ''],
  ['a space', ' '],
  ['half a text', '{"metadata":{"name":"x"'],
  ['half a string', '{"metadata":{"name":"x'],
  ['no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
  ['lists without end', nested(100_000, '[', ']', '')],
  ['objects without end', nested(50_000, '{"a":', '}', '1')],
  ['an alias bomb', ALIAS_BOMB],
  ['a number', '7'],
  ['null', 'null'],
];
const WAYS: [string, string, string, string][] = [
  ['a JSON create', 'POST', CM, JSON_TYPE],
  ['a YAML create', 'POST', CM, YAML],
  ['an update', 'PUT', `${CM}/target`, JSON_TYPE],
  ['a merge patch', 'PATCH', `${CM}/target`, MERGE],
  ['a strategic patch', 'PATCH', `${CM}/target`, STRATEGIC],
  ['a JSON patch', 'PATCH', `${CM}/target`, JSON_PATCH],
  ['an apply', 'PATCH', `${CM}/target?fieldManager=f`, APPLY],
];

describe.each(WAYS)('%s', (_what, method, path, contentType) => {
  test.each(BODIES)('with %s is refused', async (_name, body) => {
    refused(await send(method, path, contentType, body));
  });

  test('of ten megabytes is too large', async () => {
    const answer = await send(method, path, contentType, `{"data":{"a":"${'x'.repeat(10 * 1024 * 1024)}"}}`);
    expect(answer.code).toBe(413);
  });
});

describe('fields that are said twice', () => {
  const json = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"twice","name":"twice"}}';
  const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: twice}\ndata: {a: b, a: c}\n';

  test('are an error when strict, a warning else', async () => {
    for (const [type, body, field] of [
      [JSON_TYPE, json, 'metadata.name'],
      [YAML, yaml, 'data.a'],
    ] as const) {
      const strict = await send('POST', `${CM}?fieldValidation=Strict&dryRun=All`, type, body);
      expect([strict.code, jsonOfAnswer(strict)['message']]).toEqual([
        400,
        expect.stringContaining(`duplicate field "${field}"`),
      ]);
      const warned = await send('POST', `${CM}?dryRun=All`, type, body);
      expect([warned.code, String(warned.headers['warning'])]).toEqual([
        201,
        expect.stringContaining('duplicate field'),
      ]);
    }
    const path = `${CM}/twice?fieldManager=f&dryRun=All`;
    const applied = await send('PATCH', `${path}&fieldValidation=Strict`, APPLY, yaml);
    expect([applied.code, jsonOfAnswer(applied)['message']]).toEqual([
      400,
      expect.stringContaining('error strict decoding YAML: duplicate field "data.a"'),
    ]);
    expect((await send('PATCH', path, APPLY, yaml)).code).toBe(201);
  });
});

describe('patches that ask for too much', () => {
  test('CVE-2019-1002100: more than 10,000 operations', async () => {
    const operations = Array.from({ length: 10_001 }, () => ({ op: 'add', path: '/data/a', value: 'b' }));
    const answer = await send('PATCH', `${CM}/target`, JSON_PATCH, JSON.stringify(operations));
    expect([answer.code, jsonOfAnswer(answer)['message']]).toEqual([
      413,
      'The allowed maximum operations in a JSON patch is 10000, got 10001',
    ]);
  });

  test('copies of copies of copies', async () => {
    const operations = [
      { op: 'add', path: '/data/a', value: 'x'.repeat(1000) },
      ...Array.from({ length: 40 }, (_, index) => ({ op: 'copy', from: '/data', path: `/data/c${index}` })),
    ];
    refused(await send('PATCH', `${CM}/target`, JSON_PATCH, JSON.stringify(operations)));
  });

  test.each([
    ['/metadata/uid', 'other', 409],
    ['/metadata/name', 'other', 400],
    ['/metadata/namespace', 'other', 400],
    ['/spec/selector', { matchLabels: { other: 'x' } }, 422],
    ['/kind', 'ReplicaSet', 400],
    ['/apiVersion', 'apps/v2', 400],
  ])('%s stays as it is', async (path, value, code) => {
    const before = await api.client.get<Deployment>(DEPLOYMENTS, 'web', 'default');
    const answer = await send('PATCH', WEB, JSON_PATCH, JSON.stringify([{ op: 'replace', path, value }]));
    refused(answer);
    expect(answer.code).toBe(code);
    expect(await api.client.get<Deployment>(DEPLOYMENTS, 'web', 'default')).toEqual(before);
  });

  test('what only the server says, and status, are passed over in silence', async () => {
    const before = await api.client.get<Deployment>(DEPLOYMENTS, 'web', 'default');
    for (const [path, value] of [
      ['/metadata/creationTimestamp', '2000-01-01T00:00:00Z'],
      ['/metadata/generation', 99],
      ['/metadata/deletionTimestamp', '2000-01-01T00:00:00Z'],
      ['/status', { replicas: 9 }],
    ]) {
      const answer = await send('PATCH', WEB, JSON_PATCH, JSON.stringify([{ op: 'add', path, value }]));
      expect(answer.code, answer.text).toBe(200);
    }
    expect(await api.client.get<Deployment>(DEPLOYMENTS, 'web', 'default')).toEqual(before);
    const status = await send(
      'PATCH',
      `${WEB}/status`,
      MERGE,
      '{"spec":{"replicas":7},"metadata":{"labels":{"x":"y"}}}',
    );
    expect(status.code).toBe(200);
    expect(await api.client.get<Deployment>(DEPLOYMENTS, 'web', 'default')).toEqual(before);
  });

  test('managedFields that are no managedFields change nothing', async () => {
    const before = await api.client.get<Deployment>(DEPLOYMENTS, 'web', 'default');
    for (const owners of [
      [{ manager: 'm', operation: 'Update', apiVersion: 'apps/v1', fieldsType: 'FieldsV1', fieldsV1: { spec: {} } }],
      [{ manager: 'm', operation: 'Update', apiVersion: '', fieldsType: 'FieldsV1', fieldsV1: { 'f:spec': {} } }],
      [{ manager: 'm'.repeat(200), operation: 'Apply', apiVersion: 'apps/v1', fieldsType: 'FieldsV1', fieldsV1: {} }],
      [{ operation: 'Update' }, {}],
    ]) {
      const answer = await send('PATCH', WEB, MERGE, JSON.stringify({ metadata: { managedFields: owners } }));
      expect(answer.code, answer.text).toBe(200);
    }
    expect(await api.client.get<Deployment>(DEPLOYMENTS, 'web', 'default')).toEqual(before);
    refused(await send('PATCH', WEB, MERGE, '{"metadata":{"managedFields":"mine"}}'));
    refused(await send('PATCH', WEB, MERGE, '{"metadata":{"managedFields":[{"fieldsV1":7}]}}'));
  });
});
