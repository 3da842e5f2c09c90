import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { writePrivateFile } from '../apiserver/index.ts';
import { syncDirectory } from '../store/embedded/index.ts';

/** Protects the key file itself: the operating system's keychain in Electron, nothing but file modes in serve. */
export interface KeyProtector {
  protect(key: Buffer): Buffer;
  unprotect(stored: Buffer): Buffer;
  /** How credentials are kept, as a sentence for the screen. */
  sentence: string;
}

export const fileModeProtector: KeyProtector = {
  protect: (key) => key,
  unprotect: (stored) => stored,
  sentence: 'Credentials are encrypted on disk with a key file that only your user account can read.',
};

const NONCE = 12;
const TAG = 16;
export const KEY_BYTES = 32;

/**
 * AES-256-GCM with the keys of this installation. The first seals; all open, which is what lets a key be changed while
 * values sealed with the old one are still about. The key (`associated`) is bound in, so that values cannot be swapped
 * between keys.
 */
export class SecretBox {
  #keys: readonly Buffer[];

  constructor(keys: readonly Buffer[]) {
    this.#keys = checked(keys);
  }

  /** The keys, the sealing one first. More than one while a key is being changed. */
  get keys(): readonly Buffer[] {
    return this.#keys;
  }

  /** Goes on with other keys. */
  useKeys(keys: readonly Buffer[]): void {
    this.#keys = checked(keys);
  }

  seal(associated: string, plaintext: Buffer): Buffer {
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv('aes-256-gcm', this.#sealing(), nonce).setAAD(Buffer.from(associated));
    const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), body]);
  }

  /** Throws when the value was not sealed with one of the keys for this name. */
  open(associated: string, sealed: Buffer): Buffer {
    let failure: unknown;
    for (const key of this.#keys) {
      try {
        return openWith(key, associated, sealed);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  /** Whether a value that can be opened was sealed with a key that is on its way out. */
  isStale(associated: string, sealed: Buffer): boolean {
    try {
      openWith(this.#sealing(), associated, sealed);
      return false;
    } catch {
      // Not by this key; whether by another is for `open` to say.
      return true;
    }
  }

  #sealing(): Buffer {
    const [first] = this.#keys;
    if (!first) throw new Error('there is no key');
    return first;
  }
}

function openWith(key: Buffer, associated: string, sealed: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE)).setAAD(Buffer.from(associated));
  decipher.setAuthTag(sealed.subarray(NONCE, NONCE + TAG));
  return Buffer.concat([decipher.update(sealed.subarray(NONCE + TAG)), decipher.final()]);
}

function checked(keys: readonly Buffer[]): readonly Buffer[] {
  if (keys.length === 0 || keys.some((key) => key.length !== KEY_BYTES)) throw new Error('a key has 32 bytes');
  return [...keys];
}

/** Opens (or makes) the installation's key file, mode 0600. Throws when others could read it. */
export async function openSecretBox(keyFile: string, protector: KeyProtector): Promise<SecretBox> {
  if (!existsSync(keyFile)) {
    const keys = [randomBytes(KEY_BYTES)];
    await writeKeys(keyFile, protector, keys);
    return new SecretBox(keys);
  }
  if (process.platform !== 'win32' && (statSync(keyFile).mode & 0o077) !== 0) {
    throw new Error(`${keyFile} can be read by others; run: chmod 600 ${keyFile}`);
  }
  const bytes = protector.unprotect(readFileSync(keyFile));
  if (bytes.length === 0 || bytes.length % KEY_BYTES !== 0)
    throw new Error(`${keyFile} does not hold a key of this installation; restore it from a backup`);
  const keys: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += KEY_BYTES) keys.push(bytes.subarray(at, at + KEY_BYTES));
  return new SecretBox(keys);
}

/** Puts the keys, the sealing one first, into the key file; on disk when it resolves, as a whole or not at all. */
export async function writeKeys(keyFile: string, protector: KeyProtector, keys: readonly Buffer[]): Promise<void> {
  await writePrivateFile(keyFile, protector.protect(Buffer.concat(keys)));
  await syncDirectory(dirname(keyFile));
}
