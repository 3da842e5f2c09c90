import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  NAMESPACES,
  NODES,
  PODS,
  SECRETS,
  SERVICE_ACCOUNTS,
  type Pod,
  type TokenRequest,
  type TokenReview,
} from '../../../../shared/api/kinds.ts';
import { openPki } from '../../pki/pki.ts';
import { authorityServices } from '../../pki/authority-services.ts';
import { jsonOfAnswer, rawRequest, type RawAnswer } from '../../testing/https-client.ts';
import { startTestServer, type TestServer } from '../../testing/test-server.ts';
import { TOKEN_ISSUER } from './token-issuer.ts';

let api: TestServer;
/** What the server's clock is ahead by. */
let aheadMs = 0;

beforeAll(async () => {
  api = await startTestServer({ clock: { now: () => Date.now() + aheadMs } });
  await api.client.create(NAMESPACES, { metadata: { name: 'ci' } });
});
afterAll(() => api.close());

const REVIEW = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };

/** Who the server takes this request for: `name`, or the refusal. */
async function whoami(options: Partial<Parameters<typeof rawRequest>[1]>): Promise<string> {
  const answer = await rawRequest(api, {
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    headers: { 'content-type': 'application/json', ...options.headers },
    body: JSON.stringify(REVIEW),
    ...(options.token === undefined ? {} : { token: options.token }),
    ...(options.key ? { key: options.key } : {}),
    ...(options.cert ? { cert: options.cert } : {}),
  });
  return nameIn(answer);
}

function nameIn(answer: RawAnswer): string {
  if (answer.code !== 201) return `${answer.code} ${String(jsonOfAnswer(answer)['message'])}`;
  const { userInfo } = jsonOfAnswer(answer)['status'] as { userInfo: { username: string } };
  return userInfo.username;
}

async function tokenOf(account: string, spec: object = {}, namespace = 'ci'): Promise<string> {
  const { status } = await api.client.transport.request<TokenRequest>({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec },
  });
  return status?.token ?? '';
}

const account = (name: string): Promise<unknown> =>
  api.client.create(SERVICE_ACCOUNTS, { metadata: { name, namespace: 'ci' } });
const aPod = (name: string, spec: Partial<NonNullable<Pod['spec']>> = {}): Pod => ({
  metadata: { name, namespace: 'ci' },
  spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
});
const UNAUTHORIZED = '401 Unauthorized';

describe('bad credentials', () => {
  test('none at all', async () => {
    expect(await whoami({ token: null })).toBe(UNAUTHORIZED);
  });

  test('a certificate of another authority', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'wheelhouse-foreign-'));
    const foreign = await openPki(directory);
    const pair = await foreign.issueClientCertificate({ commonName: 'root', organizations: ['system:masters'] });
    expect(await whoami({ token: null, key: pair.key, cert: pair.certificate })).toBe(UNAUTHORIZED);
    await rm(directory, { recursive: true });
  });

  test('an expired certificate', async () => {
    const pair = await api.pki.issueClientCertificate({ commonName: 'ada', organizations: [], days: 1 });
    expect(await whoami({ token: null, key: pair.key, cert: pair.certificate })).toBe('ada');
    aheadMs = 2 * 86_400_000;
    expect(await whoami({ token: null, key: pair.key, cert: pair.certificate })).toBe(UNAUTHORIZED);
    aheadMs = 0;
  });

  test('an expired token', async () => {
    await account('short');
    const token = await tokenOf('short', { expirationSeconds: 600 });
    expect(await whoami({ token })).toBe('system:serviceaccount:ci:short');
    aheadMs = 661_000;
    expect(await whoami({ token })).toBe(UNAUTHORIZED);
    aheadMs = 0;
  });

  test('a token of a deleted account, also of one made again', async () => {
    await account('fleeting');
    const token = await tokenOf('fleeting');
    expect(await whoami({ token })).toBe('system:serviceaccount:ci:fleeting');
    await api.client.delete(SERVICE_ACCOUNTS, { name: 'fleeting', namespace: 'ci' });
    expect(await whoami({ token })).toBe(UNAUTHORIZED);
    await account('fleeting');
    expect(await whoami({ token })).toBe(UNAUTHORIZED);
  });

  test('a token of a deleted pod', async () => {
    await account('worker');
    await api.client.create(PODS, aPod('w', { serviceAccountName: 'worker' }));
    const token = await tokenOf('worker', { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'w' } });
    expect(await whoami({ token })).toBe('system:serviceaccount:ci:worker');
    await api.client.delete(PODS, { name: 'w', namespace: 'ci' }, { gracePeriodSeconds: 0 });
    expect(await whoami({ token })).toBe(UNAUTHORIZED);
  });

  test('a token for somebody else', async () => {
    await account('outward');
    expect(await whoami({ token: await tokenOf('outward', { audiences: ['vault'] }) })).toBe(UNAUTHORIZED);
  });

  test('a tampered token', async () => {
    await account('honest');
    const token = await tokenOf('honest');
    const [header = '', payload = '', signature = ''] = token.split('.');
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    const admin = part({ ...claims, sub: 'system:serviceaccount:kube-system:admin' });
    for (const forged of [
      `${part({ alg: 'none' })}.${payload}.`,
      `${part({ alg: 'none' })}.${payload}.${signature}`,
      `${header}.${admin}.${signature}`,
      `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
      `${header}.${payload}`,
    ])
      expect(await whoami({ token: forged })).toBe(UNAUTHORIZED);
    expect(await whoami({ token })).toBe('system:serviceaccount:ci:honest');
  });
});

describe('token requests', () => {
  test.each<[string, object, string]>([
    ['too short a life', { expirationSeconds: 599 }, 'may not specify a duration less than 10 minutes'],
    ['too long a life', { expirationSeconds: 2 ** 32 + 1 }, 'may not specify a duration larger than 2^32 seconds'],
    [
      'a pod of another account',
      { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'other' } },
      'cannot bind token for serviceaccount "asker" to pod running with different serviceaccount name.',
    ],
    [
      'a pod that is not there',
      { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'nowhere' } },
      'pods "nowhere" not found',
    ],
    [
      'another pod of that name',
      { boundObjectRef: { kind: 'Secret', apiVersion: 'v1', name: 'bound', uid: 'u-0' } },
      'the UID in the bound object reference (u-0) does not match the UID in record. The object might have been deleted and then recreated',
    ],
    [
      'a Deployment',
      { boundObjectRef: { kind: 'Deployment', apiVersion: 'apps/v1', name: 'd' } },
      'cannot bind token to object of type apps/v1, Kind=Deployment',
    ],
  ])('for %s are refused', async (_what, spec, message) => {
    await account('asker').catch(() => undefined);
    await api.client.create(PODS, aPod('other')).catch(() => undefined);
    await api.client.create(SECRETS, { metadata: { name: 'bound', namespace: 'ci' } }).catch(() => undefined);
    await expect(tokenOf('asker', spec)).rejects.toThrow(message);
  });

  test('of a pod’s volume live on for a year, and say when they should have been renewed', async () => {
    await account('mounted');
    await api.client.create(NODES, { metadata: { name: 'n1' } });
    await api.client.create(PODS, aPod('m', { serviceAccountName: 'mounted', nodeName: 'n1' }));
    const token = await tokenOf('mounted', {
      expirationSeconds: 3607,
      boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'm' },
    });
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
      iat: number;
      exp: number;
      'kubernetes.io': { warnafter: number; node: { name: string; uid: string }; pod: { name: string } };
    };
    expect([claims.exp - claims.iat, claims['kubernetes.io'].warnafter - claims.iat]).toEqual([31_536_000, 3607]);
    expect(claims['kubernetes.io'].node.name).toBe('n1');
    expect(claims['kubernetes.io'].node.uid).not.toBe('');
  });
});

describe('token reviews', () => {
  const review = async (token: string, audiences?: string[]): Promise<TokenReview['status']> => {
    const { status } = await api.client.transport.request<TokenReview>({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/tokenreviews',
      body: {
        kind: 'TokenReview',
        apiVersion: 'authentication.k8s.io/v1',
        spec: { token, ...(audiences ? { audiences } : {}) },
      },
    });
    return status;
  };

  test('tell whose a token is and for whom', async () => {
    await account('reviewed');
    const token = await tokenOf('reviewed', { audiences: ['vault', TOKEN_ISSUER] });
    expect(await review(token, ['vault', 'elsewhere'])).toMatchObject({
      authenticated: true,
      audiences: ['vault'],
      user: {
        username: 'system:serviceaccount:ci:reviewed',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:ci', 'system:authenticated'],
      },
    });
    expect((await review(token))?.audiences).toEqual([TOKEN_ISSUER]);
  });

  test('say what is wrong with one of ours, and nothing of others', async () => {
    await account('unknown-audience');
    const token = await tokenOf('unknown-audience', { audiences: ['vault'] });
    expect(await review(token)).toEqual({
      user: {},
      error: `[invalid bearer token, token audiences ["vault"] is invalid for the target audiences ["${TOKEN_ISSUER}"]]`,
    });
    expect(await review('x')).toEqual({ user: {}, error: 'invalid bearer token' });
  });
});

test('others can verify tokens by what is published', async () => {
  const get = (path: string): Promise<RawAnswer> => rawRequest(api, { path });
  const configuration = jsonOfAnswer(await get('/.well-known/openid-configuration'));
  expect(configuration).toMatchObject({
    issuer: TOKEN_ISSUER,
    jwks_uri: `${api.server.url}/openid/v1/jwks`,
    id_token_signing_alg_values_supported: ['ES256'],
  });
  const keys = await get('/openid/v1/jwks');
  expect(keys.headers['content-type']).toBe('application/jwk-set+json');
  const token = await tokenOf('default');
  const { kid } = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid: string };
  expect((jsonOfAnswer(keys)['keys'] as { kid: string }[]).map((key) => key.kid)).toEqual([kid]);
});

test('the token of a Secret works until the Secret is gone', async () => {
  await account('legacy');
  const { metadata } = await api.client.get(SERVICE_ACCOUNTS, 'legacy', 'ci');
  const token = await authorityServices(api.pki).accountToken('ci', { name: 'legacy', uid: metadata?.uid ?? '' }, 'l');
  expect(await whoami({ token })).toBe(UNAUTHORIZED);
  await api.client.create(SECRETS, {
    metadata: { name: 'l', namespace: 'ci', annotations: { 'kubernetes.io/service-account.name': 'legacy' } },
    type: 'kubernetes.io/service-account-token',
    data: { token: Buffer.from(token).toString('base64') },
  });
  expect(await whoami({ token })).toBe('system:serviceaccount:ci:legacy');
  await api.client.delete(SECRETS, { name: 'l', namespace: 'ci' });
  expect(await whoami({ token })).toBe(UNAUTHORIZED);
});

describe('impersonation', () => {
  const as = (headers: Record<string, string>, token?: string): Promise<string> =>
    whoami({ headers, ...(token ? { token } : {}) });

  test('makes an administrator anybody', async () => {
    expect(await as({ 'Impersonate-User': 'bob' })).toBe('bob');
    const answer = await rawRequest(api, {
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      headers: {
        'content-type': 'application/json',
        'Impersonate-User': 'system:serviceaccount:ci:default',
        'Impersonate-Uid': 'u-1',
        'Impersonate-Extra-Example.com%2Fscope': 'read',
      },
      body: JSON.stringify(REVIEW),
    });
    expect(jsonOfAnswer(answer)['status']).toEqual({
      userInfo: {
        username: 'system:serviceaccount:ci:default',
        uid: 'u-1',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:ci', 'system:authenticated'],
        extra: { 'example.com/scope': ['read'] },
      },
    });
  });

  test('takes the rights of the one impersonated', async () => {
    const answer = await rawRequest(api, {
      path: '/api/v1/namespaces/ci/secrets',
      headers: { 'Impersonate-User': 'bob' },
    });
    expect([answer.code, jsonOfAnswer(answer)['message']]).toEqual([
      403,
      'secrets is forbidden: User "bob" cannot list resource "secrets" in API group "" in the namespace "ci"',
    ]);
  });

  test('is allowed part by part', async () => {
    await account('actor');
    const token = await tokenOf('actor');
    const refused = (what: string): string =>
      `403 ${what} is forbidden: User "system:serviceaccount:ci:actor" cannot impersonate resource`;
    expect(await as({ 'Impersonate-User': 'bob' }, token)).toContain(refused('users "bob"'));
    await api.client.create(CLUSTER_ROLES, {
      metadata: { name: 'act-as-bob' },
      rules: [{ apiGroups: [''], resources: ['users'], verbs: ['impersonate'], resourceNames: ['bob'] }],
    });
    await api.client.create(CLUSTER_ROLE_BINDINGS, {
      metadata: { name: 'act-as-bob' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'act-as-bob' },
      subjects: [{ kind: 'ServiceAccount', name: 'actor', namespace: 'ci' }],
    });
    expect(await as({ 'Impersonate-User': 'bob' }, token)).toBe('bob');
    expect(await as({ 'Impersonate-User': 'eve' }, token)).toContain(refused('users "eve"'));
    expect(await as({ 'Impersonate-User': 'bob', 'Impersonate-Group': 'system:masters' }, token)).toContain(
      refused('groups "system:masters"'),
    );
    expect(await as({ 'Impersonate-User': 'bob', 'Impersonate-Uid': '1' }, token)).toContain(
      refused('uids.authentication.k8s.io "1"'),
    );
    expect(await as({ 'Impersonate-User': 'bob', 'Impersonate-Extra-Scope': 'all' }, token)).toContain(
      refused('userextras.authentication.k8s.io "all"'),
    );
  });

  test('of a group alone is nobody', async () => {
    expect(await as({ 'Impersonate-Group': 'g' })).toMatch(/^500 .*without impersonating a user/);
  });
});
