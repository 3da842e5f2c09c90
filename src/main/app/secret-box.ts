import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';

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

/** AES-256-GCM with a key of this installation. The key (`associated`) is bound in, so that values cannot be swapped between keys. */
export class SecretBox {
  constructor(private readonly key: Buffer) {}

  seal(associated: string, plaintext: Buffer): Buffer {
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce).setAAD(Buffer.from(associated));
    const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), body]);
  }

  /** Throws when the value was not sealed with this key for this name. */
  open(associated: string, sealed: Buffer): Buffer {
    const decipher = createDecipheriv('aes-256-gcm', this.key, sealed.subarray(0, NONCE)).setAAD(
      Buffer.from(associated),
    );
    decipher.setAuthTag(sealed.subarray(NONCE, NONCE + TAG));
    return Buffer.concat([decipher.update(sealed.subarray(NONCE + TAG)), decipher.final()]);
  }
}

/** Opens (or makes) the installation's key file, mode 0600. Throws when others could read it. */
export function openSecretBox(keyFile: string, protector: KeyProtector): SecretBox {
  if (!existsSync(keyFile)) {
    const key = randomBytes(32);
    writeFileSync(keyFile, protector.protect(key), { mode: 0o600, flag: 'wx' });
    return new SecretBox(key);
  }
  if (process.platform !== 'win32' && (statSync(keyFile).mode & 0o077) !== 0) {
    throw new Error(`${keyFile} can be read by others; run: chmod 600 ${keyFile}`);
  }
  const key = protector.unprotect(readFileSync(keyFile));
  if (key.length !== 32)
    throw new Error(`${keyFile} does not hold a key of this installation; restore it from a backup`);
  return new SecretBox(key);
}
