import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { readIfPresent, writePrivateFile } from '../pki/private-file.ts';
import { MASTERS_GROUP, type UserInfo } from './user.ts';

/** Turns a bearer token into a user. */
export interface TokenAuthenticator {
  authenticate(token: string): UserInfo | undefined | Promise<UserInfo | undefined>;
}

const digest = (token: string): Buffer => createHash('sha256').update(token).digest();

/** Tokens known from the start. All are compared, in constant time, so that an answer's time tells nothing. */
export function staticTokens(entries: readonly { token: string; user: UserInfo }[]): {
  authenticate(token: string): UserInfo | undefined;
} {
  const known = entries.map(({ token, user }) => ({ digest: digest(token), user }));
  return {
    authenticate(token) {
      const given = digest(token);
      let found: UserInfo | undefined;
      for (const entry of known) if (timingSafeEqual(entry.digest, given)) found = entry.user;
      return found;
    },
  };
}

/** The tokens file of the control plane: one administrator token, for the UI's own connections. */
export interface TokenFile extends TokenAuthenticator {
  readonly adminToken: string;
}

/** Opens the token kept in `directory/admin.token` (0600), making it at first use. */
export async function openTokens(directory: string): Promise<TokenFile> {
  const path = join(directory, 'admin.token');
  let token = (await readIfPresent(path))?.trim();
  if (!token) {
    token = randomBytes(32).toString('base64url');
    await writePrivateFile(path, `${token}\n`);
  }
  const tokens = staticTokens([{ token, user: { name: 'wheelhouse-ui', groups: [MASTERS_GROUP] } }]);
  return { adminToken: token, authenticate: (given) => tokens.authenticate(given) };
}
