import { describe, expect, test } from 'vitest';
import { Authenticator } from './authenticator.ts';
import { staticTokens } from './tokens.ts';

describe('authentication', () => {
  const tokens = staticTokens([{ token: 'secret', user: { name: 'ui', groups: ['system:masters'] } }]);
  const at = (now: number): Authenticator => new Authenticator(tokens, { now: () => now });
  const peer = { user: { name: 'cert', groups: ['g'] }, expiresAt: 1000 };

  test('takes a certificate until the moment it expires', async () => {
    expect(await at(999).authenticate(peer, undefined)).toEqual({
      name: 'cert',
      groups: ['g', 'system:authenticated'],
    });
    expect(await at(1000).authenticate(peer, undefined)).toBeUndefined();
    expect((await at(1000).authenticate(peer, 'Bearer secret'))?.name).toBe('ui');
  });

  test.each([undefined, '', 'Bearer ', 'Bearer secre', 'Bearer secrets', 'Basic secret', 'secret', 'Bearer secret x'])(
    'does not take the header %s',
    async (header) => {
      expect(await at(0).authenticate(undefined, header)).toBeUndefined();
    },
  );
});
