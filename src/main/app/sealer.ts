import type { ValueSealer } from '../store/sealer.ts';
import type { SecretBox } from './secret-box.ts';

/** Values that no file shows. */
export const isSecretKey = (key: string): boolean => key.startsWith('/core/secrets/');

/** Seals Secrets with the box on their way to the store. */
export const sealerOf = (box: SecretBox): ValueSealer => ({
  protects: isSecretKey,
  seal: (key, text) => box.seal(key, text),
  open: (key, bytes) => box.open(key, bytes),
  isStale: (key, bytes) => box.isStale(key, bytes),
});
