import { createHash, createPublicKey } from 'node:crypto';
import { join } from 'node:path';
import { exportJWK, exportPKCS8, exportSPKI, generateKeyPair, importPKCS8, importSPKI, type JWK } from 'jose';
import { z } from 'zod';
import type { Clock } from '../../../shared/logger.ts';
import { readIfPresent, writePrivateFile } from './private-file.ts';

/** JWS algorithm of service account tokens: ECDSA on P-256, which signs and verifies in a fraction of RSA's time. */
export const TOKEN_ALGORITHM = 'ES256';

/** A new signing key after a year; the old ones go on verifying, since tokens of Secrets never end. */
const SIGNING_KEY_LIFE_MS = 365 * 86_400_000;

type Key = Awaited<ReturnType<typeof importSPKI>>;

/** What service account tokens are signed with, and what they are verified with. */
export interface ServiceAccountKeys {
  readonly signing: { readonly id: string; readonly key: Key };
  /** Public keys by key id: the signing key's, and those of the keys before it. */
  readonly verification: ReadonlyMap<string, Key>;
  /** The same, for whoever verifies tokens without asking us. */
  readonly jwks: readonly JWK[];
}

const fileSchema = z.array(
  z.object({ createdAt: z.string(), publicKey: z.string(), privateKey: z.string().optional() }),
);
type KeyFile = z.infer<typeof fileSchema>;

/**
 * Opens the keys kept in `directory/service-account-keys.json` (0600), newest first, making one at first use and a new
 * one when the newest is a year old. Replaced keys lose their private half. Throws on a file that is not ours.
 */
export async function openServiceAccountKeys(directory: string, clock: Clock): Promise<ServiceAccountKeys> {
  const path = join(directory, 'service-account-keys.json');
  const text = await readIfPresent(path);
  let kept: KeyFile = text === undefined ? [] : fileSchema.parse(JSON.parse(text));
  const newest = kept[0];
  if (!newest?.privateKey || clock.now() - Date.parse(newest.createdAt) > SIGNING_KEY_LIFE_MS) {
    const retired = kept.map(({ createdAt, publicKey }) => ({ createdAt, publicKey }));
    kept = [await newKey(clock.now()), ...retired];
    await writePrivateFile(path, `${JSON.stringify(kept, undefined, 2)}\n`);
  }
  const verification = new Map<string, Key>();
  const jwks: JWK[] = [];
  for (const { publicKey } of kept) {
    const id = keyIdOf(publicKey);
    verification.set(id, await importSPKI(publicKey, TOKEN_ALGORITHM));
    const { kty, crv, x, y } = await exportJWK(await importSPKI(publicKey, TOKEN_ALGORITHM, { extractable: true }));
    jwks.push({ use: 'sig', kty, kid: id, alg: TOKEN_ALGORITHM, crv, x, y } as JWK);
  }
  const signing = kept[0];
  if (!signing?.privateKey) throw new Error(`${path} has no signing key`);
  return {
    signing: { id: keyIdOf(signing.publicKey), key: await importPKCS8(signing.privateKey, TOKEN_ALGORITHM) },
    verification,
    jwks,
  };
}

async function newKey(nowMs: number): Promise<KeyFile[number]> {
  const { privateKey, publicKey } = await generateKeyPair(TOKEN_ALGORITHM, { extractable: true });
  return {
    createdAt: new Date(nowMs).toISOString(),
    publicKey: await exportSPKI(publicKey),
    privateKey: await exportPKCS8(privateKey),
  };
}

/** Upstream's keyIDFromPublicKey: the digest of the key's DER. */
function keyIdOf(publicKeyPem: string): string {
  const der = createPublicKey(publicKeyPem).export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('base64url');
}
