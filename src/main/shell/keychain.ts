import { safeStorage } from 'electron';
import { fileModeProtector, type KeyProtector } from '../app/secret-box.ts';

/** The operating system's keychain protects the key of credentials; where there is none, file modes do, and the screen says so. */
export function keychainProtector(): KeyProtector {
  if (!safeStorage.isEncryptionAvailable()) return fileModeProtector;
  return {
    protect: (key) => safeStorage.encryptString(key.toString('base64')),
    unprotect: (stored) => Buffer.from(safeStorage.decryptString(stored), 'base64'),
    sentence: 'Credentials are encrypted on disk with a key kept in this computer’s keychain.',
  };
}
