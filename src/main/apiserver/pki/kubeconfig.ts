import { stringify } from 'yaml';
import type { KeyPair } from './certificates.ts';
import type { Pki } from './pki.ts';
import { writePrivateFile } from './private-file.ts';

export interface KubeconfigOptions {
  /** `https://127.0.0.1:6443` */
  server: string;
  /** Cluster and context name; default `wheelhouse`. */
  clusterName?: string;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** The text of a kubeconfig whose user signs in with a client certificate. */
export function kubeconfigOf(options: KubeconfigOptions, ca: string, user: string, pair: KeyPair): string {
  const cluster = options.clusterName ?? 'wheelhouse';
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: cluster, cluster: { server: options.server, 'certificate-authority-data': base64(ca) } }],
    users: [
      {
        name: user,
        user: { 'client-certificate-data': base64(pair.certificate), 'client-key-data': base64(pair.key) },
      },
    ],
    contexts: [{ name: cluster, context: { cluster, user } }],
    'current-context': cluster,
  });
}

/** Writes the administrator's kubeconfig (0600) with a fresh certificate for `kubernetes-admin` of `system:masters`. */
export async function writeKubeconfig(path: string, pki: Pki, options: KubeconfigOptions): Promise<void> {
  const user = 'kubernetes-admin';
  const pair = await pki.issueClientCertificate({ commonName: user, organizations: ['system:masters'] });
  await writePrivateFile(path, kubeconfigOf(options, pki.caCertificate, user, pair));
}
