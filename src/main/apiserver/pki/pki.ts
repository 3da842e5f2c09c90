import { join } from 'node:path';
import type { Clock } from '../../../shared/logger.ts';
import { createAuthority, isDueForRenewal, isSignedBy, issueLeaf, type KeyPair } from './certificates.ts';
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
  readonly serving: KeyPair;
  issueClientCertificate(request: ClientCertificateRequest): Promise<KeyPair>;
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

  const kept = await readPair(directory, 'apiserver');
  const usable =
    kept !== undefined &&
    !isDueForRenewal(kept.certificate, clock.now()) &&
    (await isSignedBy(kept.certificate, authority.certificate));
  const serving = usable
    ? kept
    : await writePair(
        directory,
        'apiserver',
        await issueLeaf(
          authority,
          {
            commonName: 'kube-apiserver',
            organizations: [],
            days: LEAF_DAYS,
            usage: 'server',
            alternativeNames: SERVING_NAMES,
          },
          clock.now(),
        ),
      );

  return {
    caCertificate: authority.certificate,
    serving,
    issueClientCertificate: ({ commonName, organizations, days }) =>
      issueLeaf(authority, { commonName, organizations, days: days ?? LEAF_DAYS, usage: 'client' }, clock.now()),
  };
}
