import { randomBytes } from 'node:crypto';
import { KEY_BYTES, type SecretBox } from './secret-box.ts';

/** Where a test can cut the power. */
export type RotationStep = 'key.kept' | 'values.resealed' | 'key.dropped';

export interface RotationDeps {
  box: SecretBox;
  /** Makes the keys durable: the file, and what other control planes read. Whole or not at all. */
  keepKeys(keys: readonly Buffer[]): Promise<void>;
  /** Seals everything stored with the first key. */
  reseal(): Promise<void>;
  failpoint?(step: RotationStep): void;
}

/**
 * Seals every Secret with a new key and forgets the old one. The new key is kept before anything is sealed with it, the
 * old one until nothing is sealed with it: killed at any instant, all can be read, and `finishRotation` at the next
 * start, or calling this again, goes on.
 */
export async function rotateSecretsKey(deps: RotationDeps): Promise<void> {
  const { box } = deps;
  if (box.keys.length === 1) await use(deps, [randomBytes(KEY_BYTES), ...box.keys]);
  deps.failpoint?.('key.kept');
  await deps.reseal();
  deps.failpoint?.('values.resealed');
  await use(deps, box.keys.slice(0, 1));
  deps.failpoint?.('key.dropped');
}

/** Goes on with a rotation that an earlier process could not finish; whether there was one. */
export async function finishRotation(deps: RotationDeps): Promise<boolean> {
  if (deps.box.keys.length === 1) return false;
  await rotateSecretsKey(deps);
  return true;
}

async function use({ box, keepKeys }: RotationDeps, keys: readonly Buffer[]): Promise<void> {
  await keepKeys(keys);
  box.useKeys(keys);
}
