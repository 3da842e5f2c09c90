import { describe, expect, test } from 'vitest';
import { Authenticator, peerIdentityOf } from './authenticator.ts';
import type { BearerIdentity } from './authn/bearer-identity.ts';
import { TokenError } from './authn/token-verifier.ts';

describe('authentication', () => {
  const tokens = {
    authenticate: (token: string): Promise<BearerIdentity | undefined> => {
      if (token === 'bad') return Promise.reject(new TokenError('service account token has expired'));
      const user = { name: 'ui', groups: ['system:masters'] };
      return Promise.resolve(token === 'secret' ? { user, audiences: [] } : undefined);
    },
  };
  const at = (now: number): Authenticator => new Authenticator(tokens, { now: () => now });
  const peer = { user: { name: 'cert', groups: ['g'] }, expiresAt: 1000 };

  test('takes a certificate until the moment it expires', async () => {
    expect(await at(999).authenticate(peer, undefined)).toEqual({
      name: 'cert',
      groups: ['g', 'system:authenticated'],
    });
    await expect(at(1000).authenticate(peer, undefined)).rejects.toMatchObject({ code: 401 });
    expect((await at(1000).authenticate(peer, 'Bearer secret')).name).toBe('ui');
  });

  test.each([undefined, '', 'Bearer ', 'Bearer secre', 'Bearer secrets', 'Basic secret', 'secret', 'Bearer secret x'])(
    'does not take the header %s',
    async (header) => {
      await expect(at(0).authenticate(undefined, header)).rejects.toMatchObject({ code: 401 });
    },
  );

  test('tells the audit log, and nobody else, what was wrong with a token of ours', async () => {
    const notes: Record<string, string> = {};
    const refused = at(0).authenticate(undefined, 'Bearer bad', (key, value) => void (notes[key] = value));
    await expect(refused).rejects.toMatchObject({ code: 401, message: 'Unauthorized' });
    expect(notes).toEqual({ 'wheelhouse.dev/refused': 'service account token has expired' });
  });
});

describe('a client certificate', () => {
  const certificate = (subject: object): never =>
    ({ subject, fingerprint256: 'AB:CD', valid_to: 'Jan  1 00:00:00 2027 GMT' }) as never;
  const identity = (subject: object, authorized = true): unknown =>
    peerIdentityOf({ authorized, getPeerCertificate: () => certificate(subject) });
  const extra = { 'authentication.kubernetes.io/credential-id': ['X509SHA256=abcd'] };

  test('names user, groups and uid, and is itself named', () => {
    expect(identity({ CN: 'ada', O: ['a', 'b'], '1.3.6.1.4.1.57683.2': 'u-1' })).toEqual({
      user: { name: 'ada', groups: ['a', 'b'], uid: 'u-1', extra },
      expiresAt: Date.parse('2027-01-01T00:00:00Z'),
    });
  });

  test.each([
    ['another authority signed', { CN: 'ada' }, false],
    ['has no name', { O: 'a' }, true],
    ['has two names', { CN: ['ada', 'bob'] }, true],
    ['has two uids', { CN: 'ada', '1.3.6.1.4.1.57683.2': ['1', '2'] }, true],
  ])('that %s is nobody’s', (_why, subject, authorized) => {
    expect(identity(subject, authorized)).toBeUndefined();
  });
});
