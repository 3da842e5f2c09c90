import { CERTIFICATE_SIGNING_REQUESTS, type CertificateSigningRequest } from '../../../shared/api/kinds.ts';
import { parseCertificateRequest } from '../../resources/certificates/certificate-request.ts';
import { MASTERS_GROUP, type UserInfo } from '../auth/user.ts';
import type { Authorizer } from '../auth/authorizer.ts';
import { equalJson } from '../registry/json-value.ts';
import type { AdmissionPlugin, AdmissionRequest } from './chain.ts';
import { refused } from './refuse.ts';

const API_CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client';

const isRequest = ({ kind: { type } }: AdmissionRequest): boolean =>
  type.group === CERTIFICATE_SIGNING_REQUESTS.group && type.plural === CERTIFICATE_SIGNING_REQUESTS.plural;

/** Who approves must be allowed to, for that signer (plugin/pkg/admission/certificates/approval). */
export const certificateApproval = (authorizer: Authorizer): AdmissionPlugin => ({
  name: 'CertificateApproval',
  async validate(request) {
    if (!isRequest(request) || request.operation !== 'UPDATE' || request.subresource !== 'approval') return;
    const { signerName } = (request.object as CertificateSigningRequest).spec;
    if (await mayUseSigner(authorizer, request.user, 'approve', signerName)) return;
    throw refused(request, `user not permitted to approve requests with signerName ${JSON.stringify(signerName)}`);
  },
});

/** Who issues a certificate, or says it failed, must be that signer (plugin/pkg/admission/certificates/signing). */
export const certificateSigning = (authorizer: Authorizer): AdmissionPlugin => ({
  name: 'CertificateSigning',
  async validate(request) {
    if (!isRequest(request) || request.operation !== 'UPDATE' || request.subresource !== 'status') return;
    const now = request.object as CertificateSigningRequest;
    const before = request.old as CertificateSigningRequest;
    const same =
      now.status?.certificate === before.status?.certificate &&
      equalJson(now.status?.conditions ?? [], before.status?.conditions ?? []);
    const { signerName } = before.spec;
    if (same || (await mayUseSigner(authorizer, request.user, 'sign', signerName))) return;
    throw refused(request, `user not permitted to sign requests with signerName ${JSON.stringify(signerName)}`);
  },
});

/** Nobody becomes an administrator for good by way of a certificate (plugin/pkg/admission/certificates/subjectrestriction). */
export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  validate(request) {
    if (!isRequest(request) || request.operation !== 'CREATE' || request.subresource !== '') return;
    const { spec } = request.object as CertificateSigningRequest;
    if (spec.signerName !== API_CLIENT_SIGNER) return;
    if (parseCertificateRequest(spec.request).organizations.includes(MASTERS_GROUP))
      throw refused(request, `use of ${API_CLIENT_SIGNER} signer with ${MASTERS_GROUP} group is not allowed`);
  },
};

/** Asks for the signer itself, then for all of its domain (`example.com/*`). */
async function mayUseSigner(
  authorizer: Authorizer,
  user: UserInfo,
  verb: 'approve' | 'sign',
  signerName: string,
): Promise<boolean> {
  const domain = `${signerName.split('/')[0] ?? ''}/*`;
  for (const name of [signerName, domain]) {
    const { verdict } = await authorizer.authorize({
      user,
      verb,
      resourceRequest: true,
      apiGroup: CERTIFICATE_SIGNING_REQUESTS.group,
      apiVersion: '*',
      resource: 'signers',
      subresource: '',
      namespace: '',
      name,
      path: '',
      fieldTerms: [],
    });
    if (verdict === 'allow') return true;
  }
  return false;
}
