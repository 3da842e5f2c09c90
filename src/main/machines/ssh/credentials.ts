import ssh2, { type ParsedKey } from 'ssh2';
import { fingerprintOf } from './fingerprint.ts';

/** What we may sign in with. Only what is given here is tried. */
export interface Credentials {
  privateKey?: string;
  passphrase?: string;
  password?: string;
  /** Socket of an SSH agent whose keys are tried. */
  agentSocket?: string;
  /** Private key files that are tried, such as `~/.ssh/id_ed25519`, with what they hold. */
  identities?: { file: string; privateKey: string }[];
}

/** A private key, or why it cannot be used. */
export type ReadKey =
  | { kind: 'key'; key: ParsedKey; fingerprint: string; comment: string }
  | { kind: 'needs-passphrase' }
  | { kind: 'wrong-passphrase' }
  | { kind: 'unreadable'; why: string };

/** Reads a private key in OpenSSH or PEM form. A wrong passphrase is told apart from a key that is damaged. */
export function readPrivateKey(text: string, passphrase: string | undefined): ReadKey {
  const plain = firstKey(ssh2.utils.parseKey(text));
  if (!(plain instanceof Error)) return usable(plain);
  if (!/no passphrase given/.test(plain.message)) return { kind: 'unreadable', why: plain.message };
  if (!passphrase) return { kind: 'needs-passphrase' };
  const opened = firstKey(ssh2.utils.parseKey(text, passphrase));
  if (!(opened instanceof Error)) return usable(opened);
  // Decrypted with the wrong passphrase, a key is garbage: ssh2 calls that malformed or a failed check.
  return /unsupported/i.test(opened.message)
    ? { kind: 'unreadable', why: opened.message }
    : { kind: 'wrong-passphrase' };
}

/** ssh2 answers with an array for OpenSSH files, although its types do not say so. */
function firstKey(parsed: ParsedKey | ParsedKey[] | Error): ParsedKey | Error {
  if (!Array.isArray(parsed)) return parsed;
  return parsed[0] ?? new Error('the file holds no key');
}

function usable(key: ParsedKey): ReadKey {
  if (!key.isPrivateKey()) return { kind: 'unreadable', why: 'it is a public key; the private key is needed' };
  return { kind: 'key', key, fingerprint: fingerprintOf(key.getPublicSSH()), comment: key.comment };
}
