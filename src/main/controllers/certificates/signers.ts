import type { CertificateSigningRequest } from '../../../shared/api/kinds.ts';
import type { RequestedCertificate } from '../runtime/credentials.ts';

export const KUBELET_CLIENT = 'kubernetes.io/kube-apiserver-client-kubelet';
const API_CLIENT = 'kubernetes.io/kube-apiserver-client';
const KUBELET_SERVING = 'kubernetes.io/kubelet-serving';

/** kube-controller-manager's `--cluster-signing-duration`: a year, and the most anybody gets. */
const LONGEST_SECONDS = 365 * 24 * 3600;
/** Twice the backdating of a certificate. */
const SHORTEST_SECONDS = 600;

const NODE_PREFIX = 'system:node:';
type Usages = readonly string[];

/** What each of Kubernetes' own signers asks of a request: undefined when it is content, else why it is not, in upstream's words. */
const RULES: Readonly<Record<string, (request: RequestedCertificate, usages: Usages) => string | undefined>> = {
  [API_CLIENT]: (_request, usages) => apiClientProblem(usages),
  [KUBELET_CLIENT]: kubeletClientProblem,
  [KUBELET_SERVING]: kubeletServingProblem,
};

/** Whether a request is for a signer of ours; other signers' requests are theirs to answer. */
export const isOurs = (signerName: string): boolean => Object.hasOwn(RULES, signerName);

/** Why the signer will not sign; undefined when it will. */
export const problemWith = (signerName: string, request: RequestedCertificate, usages: Usages): string | undefined =>
  RULES[signerName]?.(request, usages);

/** How long the certificate shall be good for (signer.go duration). */
export function lifeOf({ spec }: CertificateSigningRequest): number {
  return Math.max(SHORTEST_SECONDS, Math.min(LONGEST_SECONDS, spec.expirationSeconds ?? LONGEST_SECONDS));
}

function apiClientProblem(usages: Usages): string | undefined {
  const optional = ['digital signature', 'key encipherment', 'client auth'];
  const strange = usages.find((usage) => !optional.includes(usage));
  if (strange !== undefined) return `invalid usage for client certificate: ${strange}`;
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth';
}

/** ValidateKubeletClientCSR */
function kubeletClientProblem(request: RequestedCertificate, usages: Usages): string | undefined {
  if (request.organizations.join() !== 'system:nodes') return 'subject organization is not system:nodes';
  if (request.dnsNames.length > 0) return 'DNS subjectAltNames are not allowed';
  if (request.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed';
  if (request.ipAddresses.length > 0) return 'IP subjectAltNames are not allowed';
  if (request.uris.length > 0) return 'URI subjectAltNames are not allowed';
  if (!request.commonName.startsWith(NODE_PREFIX)) return 'subject common name does not begin with system:node: ';
  return usagesProblem(usages, 'client auth');
}

/** ValidateKubeletServingCSR */
function kubeletServingProblem(request: RequestedCertificate, usages: Usages): string | undefined {
  if (request.organizations.join() !== 'system:nodes') return 'subject organization is not system:nodes';
  if (request.dnsNames.length === 0 && request.ipAddresses.length === 0) return 'DNS or IP subjectAltName is required';
  if (request.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed';
  if (request.uris.length > 0) return 'URI subjectAltNames are not allowed';
  const wrong = usagesProblem(usages, 'server auth');
  if (wrong !== undefined) return wrong;
  return request.commonName.startsWith(NODE_PREFIX)
    ? undefined
    : 'subject common name does not begin with system:node: ';
}

/** The purpose and digital signature, with or without the key encipherment that only RSA needs. */
function usagesProblem(usages: Usages, purpose: 'client auth' | 'server auth'): string | undefined {
  const wanted = ['digital signature', 'key encipherment', purpose].sort();
  const given = [...new Set([...usages, 'key encipherment'])].sort();
  return given.join() === wanted.join() ? undefined : `usages did not match [${wanted.join(' ')}]`;
}
