import { join } from 'node:path';
import type { Clock } from '../../../shared/logger.ts';
import { createAuthority, isDueForRenewal, isSignedBy, issueLeaf, type KeyPair } from './certificates.ts';
import { openServiceAccountKeys, type ServiceAccountKeys } from './service-account-keys.ts';
import { signRequest, type SigningRequest } from './sign-request.ts';
import { readIfPresent, writePrivateFile } from './private-file.ts';

export interface ClientCertificateRequest {
  /** The user name the API server will see, e.g. `system:node:worker-1`. */
  commonName: string;
  /** Its groups. */
  organizations: readonly string[];
  /** Life of the certificate; a year unless said otherwise. */
  days?: number;
}

/** The cluster's own certificate authority and what it has issued to the API server. */
export interface Pki {
  /** PEM of the authority: what clients trust. */
  readonly caCertificate: string;
  /** What the API server shows now. */
  readonly serving: KeyPair;
  readonly serviceAccountKeys: ServiceAccountKeys;
  issueClientCertificate(request: ClientCertificateRequest): Promise<KeyPair>;
  /** Signs a certificate signing request as it is; PEM. Whether to is the caller's decision. */
  signRequest(request: SigningRequest): Promise<string>;
  /** Replaces the serving certificate when two thirds of its life are over. Returns whether it did. */
  renewServing(): Promise<boolean>;
}

const LEAF_DAYS = 365;

/** The names kubeadm gives an API server, with the first address of the default service range. */
const SERVING_NAMES = [
  { type: 'dns', value: 'localhost' },
  { type: 'dns', value: 'kubernetes' },
  { type: 'dns', value: 'kubernetes.default' },
  { type: 'dns', value: 'kubernetes.default.svc' },
  { type: 'dns', value: 'kubernetes.default.svc.cluster.local' },
  { type: 'ip', value: '127.0.0.1' },
  { type: 'ip', value: '::1' },
  { type: 'ip', value: '10.96.0.1' },
] as const;

async function readPair(directory: string, name: string): Promise<KeyPair | undefined> {
  const key = await readIfPresent(join(directory, `${name}.key`));
  const certificate = await readIfPresent(join(directory, `${name}.crt`));
  return key !== undefined && certificate !== undefined ? { key, certificate } : undefined;
}

async function writePair(directory: string, name: string, pair: KeyPair): Promise<KeyPair> {
  await writePrivateFile(join(directory, `${name}.key`), pair.key);
  await writePrivateFile(join(directory, `${name}.crt`), pair.certificate);
  return pair;
}

/**
 * Opens the authority kept in `directory`, making it at first use. The serving certificate is replaced when it is past
 * two thirds of its life or was not signed by this authority. Private keys are mode 0600.
 */
export async function openPki(directory: string, clock: Clock = { now: () => Date.now() }): Promise<Pki> {
  const authority =
    (await readPair(directory, 'ca')) ??
    (await writePair(directory, 'ca', await createAuthority('kubernetes', clock.now())));

  const issueServing = async (): Promise<KeyPair> => {
    const request = {
      commonName: 'kube-apiserver',
      organizations: [],
      days: LEAF_DAYS,
      usage: 'server' as const,
      alternativeNames: SERVING_NAMES,
    };
    return writePair(directory, 'apiserver', await issueLeaf(authority, request, clock.now()));
  };
  const kept = await readPair(directory, 'apiserver');
  const usable =
    kept !== undefined &&
    !isDueForRenewal(kept.certificate, clock.now()) &&
    (await isSignedBy(kept.certificate, authority.certificate));
  let serving = usable ? kept : await issueServing();

  return {
    caCertificate: authority.certificate,
    get serving() {
      return serving;
    },
    serviceAccountKeys: await openServiceAccountKeys(directory, clock),
    signRequest: (request) => signRequest(authority, request, clock.now()),
    async renewServing() {
      if (!isDueForRenewal(serving.certificate, clock.now())) return false;
      serving = await issueServing();
      return true;
    },
    issueClientCertificate: ({ commonName, organizations, days }) =>
      issueLeaf(authority, { commonName, organizations, days: days ?? LEAF_DAYS, usage: 'client' }, clock.now()),
  };
}
