import { parseCertificateRequest, type CertificateRequest } from '../../resources/certificates/certificate-request.ts';
import { TokenIssuer } from '../auth/authn/token-issuer.ts';
import type { Pki } from './pki.ts';
import type { SigningRequest } from './sign-request.ts';

/** What the authority does for controllers, which may ask for much and see no key. */
export interface AuthorityServices {
  readonly caCertificate: string;
  accountToken(namespace: string, account: { name: string; uid: string }, secretName: string): Promise<string>;
  readRequest(request: string): CertificateRequest;
  signRequest(wanted: SigningRequest): Promise<string>;
}

export function authorityServices(
  pki: Pick<Pki, 'caCertificate' | 'serviceAccountKeys' | 'signRequest'>,
): AuthorityServices {
  const issuer = new TokenIssuer(pki.serviceAccountKeys);
  return {
    caCertificate: pki.caCertificate,
    accountToken: (namespace, account, secretName) => issuer.legacy(namespace, account, secretName),
    readRequest: parseCertificateRequest,
    signRequest: (wanted) => pki.signRequest(wanted),
  };
}
