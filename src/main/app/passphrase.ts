import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { StartError } from './start-error.ts';

/** The passphrase does not fit, or the bytes are not what was sealed with it. */
export class WrongPassphraseError extends Error {
  constructor() {
    super('the passphrase does not fit');
    this.name = 'WrongPassphraseError';
  }
}

/** A passphrase file that cannot be used, in a sentence that says what to do. */
export class PassphraseFileError extends StartError {}

const SALT = 16;
const NONCE = 12;
const TAG = 16;
/** 32 MiB and about a tenth of a second for each guess (RFC 7914's advice for interactive use, doubled). */
const SCRYPT = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };
const SHORTEST = 12;

/** Seals with a key made from the passphrase: `salt | nonce | tag | ciphertext`, AES-256-GCM. */
export function sealWithPassphrase(passphrase: string, plaintext: Buffer): Buffer {
  const salt = randomBytes(SALT);
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', scryptSync(passphrase, salt, 32, SCRYPT), nonce);
  const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([salt, nonce, cipher.getAuthTag(), body]);
}

/** Throws WrongPassphraseError. */
export function openWithPassphrase(passphrase: string, sealed: Buffer): Buffer {
  const key = scryptSync(passphrase, sealed.subarray(0, SALT), 32, SCRYPT);
  const rest = sealed.subarray(SALT);
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, rest.subarray(0, NONCE));
    decipher.setAuthTag(rest.subarray(NONCE, NONCE + TAG));
    return Buffer.concat([decipher.update(rest.subarray(NONCE + TAG)), decipher.final()]);
  } catch {
    // GCM tells a wrong key from a changed byte as little as we can.
    throw new WrongPassphraseError();
  }
}

/** The passphrase in a file: its text without the line end. Throws PassphraseFileError when it is open to others or too short. */
export async function readPassphraseFile(file: string): Promise<string> {
  const make = `make one with: (umask 077; openssl rand -base64 32 > ${file})`;
  const read = async (): Promise<string> => {
    const { mode } = await stat(file);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw new PassphraseFileError(`${file} can be read by others; run: chmod 600 ${file}`);
    return (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
  };
  const passphrase = await read().catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? new PassphraseFileError(`${file} is not there; ${make}`) : error;
  });
  if (passphrase.length < SHORTEST)
    throw new PassphraseFileError(`${file} holds fewer than ${SHORTEST} characters; ${make}`);
  return passphrase;
}
