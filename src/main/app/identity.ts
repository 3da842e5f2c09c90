import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../../shared/logger.ts';
import { openPki, openTokens, writePrivateFile, type Pki, type TokenFile } from '../apiserver/index.ts';
import { openSecretBox, type SecretBox, writeKeys, type KeyProtector } from './secret-box.ts';

/** What makes a control plane this cluster's: nodes, kubeconfigs and sealed Secrets go on working with it and no other. */
export interface Identity {
  clusterId: string;
  pki: Pki;
  tokens: TokenFile;
  box: SecretBox;
}

/** An identity as one value: what a backup carries and control planes on one etcd share. Holds private keys. */
export type IdentityBundle = z.infer<typeof identityBundle>;
export const identityBundle = z.object({
  clusterId: z.string().min(1),
  /** Files of the `pki` folder by name. */
  pki: z.record(z.string().regex(/^[\w.-]+$/), z.string()),
  /** Base64; the sealing one first. */
  secretsKeys: z.array(z.base64()).min(1),
});

const pkiDir = (dataDir: string): string => join(dataDir, 'pki');
const clusterIdFile = (dataDir: string): string => join(dataDir, 'cluster-id');
export const secretsKeyFile = (dataDir: string): string => join(dataDir, 'secrets.key');

/** Whether the data directory belongs to a cluster already. */
export const hasIdentity = (dataDir: string): boolean => existsSync(clusterIdFile(dataDir));

/** The cluster id of a data directory that has one. */
export const readClusterId = async (dataDir: string): Promise<string> =>
  (await readFile(clusterIdFile(dataDir), 'utf8')).trim();

/** Opens the identity kept in the data directory, making what is not there. */
export async function openIdentity(dataDir: string, protector: KeyProtector, clock: Clock): Promise<Identity> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const box = await openSecretBox(secretsKeyFile(dataDir), protector);
  const pki = await openPki(pkiDir(dataDir), clock);
  const tokens = await openTokens(pkiDir(dataDir));
  // Last: it says that the others are there. It also tells our containers from another cluster's on the same machine.
  if (!hasIdentity(dataDir)) await writePrivateFile(clusterIdFile(dataDir), randomUUID());
  return { clusterId: await readClusterId(dataDir), pki, tokens, box };
}

/** Takes the identity of a data directory along, every file of it. */
export async function packIdentity(dataDir: string, keys: readonly Buffer[]): Promise<IdentityBundle> {
  const pki: Record<string, string> = {};
  for (const entry of await readdir(pkiDir(dataDir), { withFileTypes: true })) {
    if (entry.isFile() && !entry.name.endsWith('.tmp'))
      pki[entry.name] = await readFile(join(pkiDir(dataDir), entry.name), 'utf8');
  }
  return { clusterId: await readClusterId(dataDir), pki, secretsKeys: keys.map((key) => key.toString('base64')) };
}

/** The keys of a bundle. */
export const keysOf = (bundle: IdentityBundle): Buffer[] => bundle.secretsKeys.map((key) => Buffer.from(key, 'base64'));

/** Writes a bundle into a data directory, over what is there. The cluster id comes last. */
export async function installIdentity(dataDir: string, bundle: IdentityBundle, protector: KeyProtector): Promise<void> {
  await mkdir(pkiDir(dataDir), { recursive: true, mode: 0o700 });
  for (const [name, text] of Object.entries(bundle.pki)) await writePrivateFile(join(pkiDir(dataDir), name), text);
  await writeKeys(secretsKeyFile(dataDir), protector, keysOf(bundle));
  await writePrivateFile(clusterIdFile(dataDir), bundle.clusterId);
}
