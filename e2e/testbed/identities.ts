// The keys of a testbed: one that opens every account, one the same but behind a passphrase, one that opens nothing.
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Layout } from './layout.ts';
import { run } from './processes.ts';

/** The passphrase of `identities.withPassphrase`. */
export const PASSPHRASE = 'open sesame';

/** Accounts that every machine has besides root. `sudoer` and `sudopass` exist where sudo is installed. */
export const ACCOUNTS = [
  { name: 'root', docker: true, sudo: true },
  { name: 'ops', password: 'ops', docker: true, sudo: false },
  { name: 'nodocker', docker: false, sudo: false },
  { name: 'sudoer', docker: false, sudo: true },
  { name: 'sudopass', password: 'sudopass', docker: false, sudo: true },
] as const;

/** Private key files; each has its public key beside it in `.pub`. */
export interface Identities {
  readonly plain: string;
  readonly withPassphrase: string;
  readonly stranger: string;
}

/** The key files of a testbed, made or not. */
export function identitiesOf({ keys }: Layout): Identities {
  return {
    plain: join(keys, 'id_ed25519'),
    withPassphrase: join(keys, 'id_passphrase'),
    stranger: join(keys, 'id_stranger'),
  };
}

/** Makes an ed25519 key pair in OpenSSH's format. */
export async function makeKey(file: string, comment: string, passphrase = ''): Promise<void> {
  await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', passphrase, '-C', comment, '-f', file]);
}

/** Makes the testbed's keys; resolves with the text of `authorized_keys`. */
export async function makeIdentities(layout: Layout): Promise<string> {
  const { plain, withPassphrase, stranger } = identitiesOf(layout);
  await mkdir(layout.keys, { recursive: true, mode: 0o700 });
  await Promise.all([
    makeKey(plain, 'testbed'),
    makeKey(withPassphrase, 'testbed-passphrase', PASSPHRASE),
    makeKey(stranger, 'testbed-stranger'),
  ]);
  const known = [plain, withPassphrase].map((file) => readFile(`${file}.pub`, 'utf8'));
  return (await Promise.all(known)).join('');
}

/** A public key's fingerprint as OpenSSH prints it: `SHA256:` and base64 without padding. */
export function fingerprintOf(publicKey: string): string {
  const blob = Buffer.from(publicKey.split(' ')[1] ?? '', 'base64');
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}
