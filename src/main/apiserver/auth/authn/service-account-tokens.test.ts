import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeProtectedHeader, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Node, Pod, Secret, ServiceAccount } from '../../../../shared/api/kinds.ts';
import { openServiceAccountKeys } from '../../pki/service-account-keys.ts';
import type { BearerIdentity } from './bearer-identity.ts';
import { ServiceAccountAuthenticator } from './service-account-authenticator.ts';
import { boundClaims, type BoundTokenRequest } from './token-claims.ts';
import { API_AUDIENCES, TOKEN_ISSUER, TokenIssuer } from './token-issuer.ts';
import { TokenVerifier } from './token-verifier.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const YEAR_MS = 365 * 86_400_000;

let directory: string;
let now: number;
let issuer: TokenIssuer;
let authenticator: ServiceAccountAuthenticator;
let account: ServiceAccount | undefined;
let pod: Pod | undefined;
let secret: Secret | undefined;
let node: Node | undefined;
const clock = { now: () => now };

async function open(): Promise<void> {
  const keys = await openServiceAccountKeys(directory, clock);
  issuer = new TokenIssuer(keys);
  const objects = {
    serviceAccount: () => Promise.resolve(account),
    pod: () => Promise.resolve(pod),
    secret: () => Promise.resolve(secret),
    node: () => Promise.resolve(node),
  };
  authenticator = new ServiceAccountAuthenticator(new TokenVerifier(keys), objects, clock);
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'wheelhouse-tokens-'));
  now = START;
  account = { metadata: { name: 'build', namespace: 'ci', uid: 'a-1' } };
  pod = { metadata: { name: 'p', uid: 'p-1' } };
  secret = { metadata: { name: 's', uid: 's-1' } };
  node = { metadata: { name: 'n', uid: 'n-1' } };
  await open();
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const request = (parts: Partial<BoundTokenRequest> = {}): BoundTokenRequest => ({
  namespace: 'ci',
  account: { name: 'build', uid: 'a-1' },
  audiences: API_AUDIENCES,
  lifeSeconds: 600,
  ...parts,
});
const tokenFor = (parts: Partial<BoundTokenRequest> = {}): Promise<string> =>
  issuer.bound(boundClaims(request(parts), now / 1000, 'id-1'));
const identify = (token: string, audiences = API_AUDIENCES): Promise<BearerIdentity | undefined> =>
  authenticator.authenticate(token, audiences);
/** Why a token is refused. */
const refusal = async (token: string): Promise<string> => {
  try {
    return `taken: ${JSON.stringify(await identify(token))}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

describe('a bound token', () => {
  test('names the account, its groups, and what it is bound to', async () => {
    const token = await tokenFor({
      pod: { name: 'p', uid: 'p-1' },
      node: { name: 'n', uid: 'n-1' },
    });
    expect(await identify(token)).toEqual({
      user: {
        name: 'system:serviceaccount:ci:build',
        uid: 'a-1',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:ci'],
        extra: {
          'authentication.kubernetes.io/credential-id': ['JTI=id-1'],
          'authentication.kubernetes.io/pod-name': ['p'],
          'authentication.kubernetes.io/pod-uid': ['p-1'],
          'authentication.kubernetes.io/node-name': ['n'],
          'authentication.kubernetes.io/node-uid': ['n-1'],
        },
      },
      audiences: API_AUDIENCES,
    });
  });

  test('ends a minute after its time, and begins a minute before', async () => {
    const token = await tokenFor();
    now = START + 660_000;
    expect(await refusal(token)).toContain('taken');
    now = START + 660_001;
    expect(await refusal(token)).toBe('service account token has expired');
    now = START - 60_001;
    expect(await refusal(token)).toBe('service account token is not valid yet');
  });

  test('is for its audiences', async () => {
    const token = await tokenFor({ audiences: ['vault', 'registry'] });
    expect((await identify(token, ['registry', 'other']))?.audiences).toEqual(['registry']);
    expect(await refusal(token)).toBe(
      `token audiences ["vault" "registry"] is invalid for the target audiences ["${TOKEN_ISSUER}"]`,
    );
  });

  test('goes with its account', async () => {
    const token = await tokenFor();
    account = { metadata: { name: 'build', uid: 'a-2' } };
    expect(await refusal(token)).toBe('service account UID (a-2) does not match claim (a-1)');
    account = undefined;
    expect(await refusal(token)).toBe('serviceaccount "build" not found');
  });

  test('outlives the deletion of its pod by a minute', async () => {
    const token = await tokenFor({ pod: { name: 'p', uid: 'p-1' } });
    pod = { metadata: { name: 'p', uid: 'p-1', deletionTimestamp: '2026-01-01T00:00:00Z' } };
    now = START + 60_000;
    expect(await refusal(token)).toContain('taken');
    now = START + 60_001;
    expect(await refusal(token)).toBe('service account token has been invalidated');
  });

  test.each<[string, Partial<BoundTokenRequest>, () => void, string]>([
    [
      'pod is gone',
      { pod: { name: 'p', uid: 'p-1' } },
      () => (pod = undefined),
      'service account token has been invalidated',
    ],
    [
      'pod is another of the same name',
      { pod: { name: 'p', uid: 'p-1' } },
      () => (pod = { metadata: { uid: 'p-2' } }),
      'pod UID (p-2) does not match service account pod ref claim (p-1)',
    ],
    [
      'secret is gone',
      { secret: { name: 's', uid: 's-1' } },
      () => (secret = undefined),
      'service account token has been invalidated',
    ],
    [
      'node is another of the same name',
      { node: { name: 'n', uid: 'n-1' } },
      () => (node = { metadata: { uid: 'n-2' } }),
      'node UID (n-2) does not match service account node ref claim (n-1)',
    ],
  ])('is refused when its %s', async (_what, parts, change, message) => {
    const token = await tokenFor(parts);
    expect(await refusal(token)).toContain('taken');
    change();
    expect(await refusal(token)).toBe(message);
  });

  test('says when it is used past the life that was asked for', async () => {
    const token = await tokenFor({ lifeSeconds: 9000, warnAfterSeconds: 3607 });
    now = START + 3_610_000;
    const notes: Record<string, string> = {};
    await authenticator.authenticate(token, API_AUDIENCES, (key, value) => void (notes[key] = value));
    expect(notes).toEqual({
      'authentication.k8s.io/stale-token':
        'subject: system:serviceaccount:ci:build, seconds after warning threshold: 3',
    });
  });
});

describe('a tampered token', () => {
  const claims = (): Record<string, unknown> => ({
    ...boundClaims(request(), START / 1000, 'id-1'),
    iss: TOKEN_ISSUER,
  });

  test('without a signature', async () => {
    const token = new UnsecuredJWT(claims()).encode();
    expect(await refusal(token)).toBe('invalid signature');
  });

  test('signed with another key, by no key’s name and by ours', async () => {
    const { privateKey } = await generateKeyPair('ES256');
    const { kid } = decodeProtectedHeader(await tokenFor());
    const signed = (header: object): Promise<string> =>
      new SignJWT(claims()).setProtectedHeader({ alg: 'ES256', ...header }).sign(privateKey);
    expect(await refusal(await signed({}))).toBe('invalid signature');
    expect(await refusal(await signed({ kid }))).toBe('invalid signature');
    expect(await refusal(await signed({ kid: 'theirs' }))).toBe('invalid signature, no keys found');
  });

  test('with our public key as a shared secret', async () => {
    const [{ publicKey }] = JSON.parse(await readFile(join(directory, 'service-account-keys.json'), 'utf8')) as [
      { publicKey: string },
    ];
    const { kid } = decodeProtectedHeader(await tokenFor());
    const token = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'HS256', kid: kid ?? '' })
      .sign(new TextEncoder().encode(publicKey));
    expect(await refusal(token)).toBe('invalid signature');
  });

  test('with another payload', async () => {
    const [header, , signature] = (await tokenFor()).split('.');
    const payload = Buffer.from(JSON.stringify({ ...claims(), exp: 2 ** 40 })).toString('base64url');
    expect(await refusal([header, payload, signature].join('.'))).toBe('invalid signature');
  });

  test.each(['', 'x', 'a.b.c', '..', '{}', 'e30.e30.e30'])('that is no token: %s', async (token) => {
    expect(await identify(token)).toBeUndefined();
  });

  test('of another issuer is another’s business', async () => {
    const { privateKey } = await generateKeyPair('ES256');
    const token = await new SignJWT({ iss: 'https://elsewhere' }).setProtectedHeader({ alg: 'ES256' }).sign(privateKey);
    expect(await identify(token)).toBeUndefined();
  });
});

describe('the token of a Secret', () => {
  const legacy = async (): Promise<string> => {
    const token = await issuer.legacy('ci', { name: 'build', uid: 'a-1' }, 's');
    secret = { metadata: { name: 's', namespace: 'ci' }, data: { token: Buffer.from(token).toString('base64') } };
    return token;
  };

  test('is its account’s, without an end', async () => {
    const token = await legacy();
    now = START + 20 * YEAR_MS;
    expect((await identify(token))?.user).toEqual({
      name: 'system:serviceaccount:ci:build',
      uid: 'a-1',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:ci'],
    });
  });

  test('is worth what the Secret holds now', async () => {
    const token = await legacy();
    secret = { ...secret, data: { token: 'b3RoZXI=' } };
    expect(await refusal(token)).toBe("service account token does not match server's copy");
    secret = undefined;
    expect(await refusal(token)).toBe('service account token has been invalidated');
  });

  test('can be taken out of use', async () => {
    const token = await legacy();
    secret = {
      ...secret,
      metadata: { ...secret?.metadata, labels: { 'kubernetes.io/legacy-token-invalid-since': '2026-01-01' } },
    };
    expect(await refusal(token)).toContain('has been marked invalid');
  });
});

describe('the keys', () => {
  test('are kept where only their owner reads them, and replaced after a year; old tokens go on', async () => {
    const old = await issuer.legacy('ci', { name: 'build', uid: 'a-1' }, 's');
    secret = { metadata: { name: 's' }, data: { token: Buffer.from(old).toString('base64') } };
    expect((await stat(join(directory, 'service-account-keys.json'))).mode & 0o777).toBe(0o600);
    await open();
    expect(decodeProtectedHeader(await tokenFor()).kid).toBe(decodeProtectedHeader(old).kid);

    now = START + YEAR_MS + 1000;
    await open();
    expect(decodeProtectedHeader(await tokenFor()).kid).not.toBe(decodeProtectedHeader(old).kid);
    expect(await refusal(old)).toContain('taken');
    const { jwks } = await openServiceAccountKeys(directory, clock);
    expect(jwks.map(({ kid, alg, use, kty }) => [kid, alg, use, kty])).toEqual([
      [decodeProtectedHeader(await tokenFor()).kid, 'ES256', 'sig', 'EC'],
      [decodeProtectedHeader(old).kid, 'ES256', 'sig', 'EC'],
    ]);
    expect(JSON.stringify(jwks)).not.toContain('"d"');
    const file = await readFile(join(directory, 'service-account-keys.json'), 'utf8');
    expect(file.match(/BEGIN PRIVATE KEY/g)).toHaveLength(1);
  });
});
