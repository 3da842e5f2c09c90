import { CERTIFICATE_SIGNING_REQUESTS, type CertificateSigningRequest } from '../../../shared/api/kinds.ts';
import { humanDuration } from '../columns/age.ts';
import { ageColumn, column, fieldDoc, nameColumn } from '../columns/columns.ts';
import { copyJson } from '../decode/json-value.ts';
import type { KindDefinition } from '../definition.ts';
import {
  validateCertificateRequest,
  validateCertificateRequestUpdate,
} from '../validation/certificate-signing-request.ts';

const SPEC = 'io.k8s.api.certificates.v1.CertificateSigningRequestSpec';
const STATUS = 'io.k8s.api.certificates.v1.CertificateSigningRequestStatus';
const READ_WRITE = ['get', 'patch', 'update'];

type Condition = NonNullable<NonNullable<CertificateSigningRequest['status']>['conditions']>[number];

const conditionsOf = (request: CertificateSigningRequest): readonly Condition[] => request.status?.conditions ?? [];

/** When conditions were written is the server's to say (strategy.go populateConditionTimestamps). */
function stampConditions(request: CertificateSigningRequest, old: CertificateSigningRequest, now: Date): void {
  const stamp = `${now.toISOString().slice(0, 19)}Z`;
  for (const condition of request.status?.conditions ?? []) {
    condition.lastUpdateTime ??= stamp;
    if (condition.lastTransitionTime !== undefined) continue;
    const before = conditionsOf(old).find(({ type }) => type === condition.type);
    condition.lastTransitionTime =
      before?.status === condition.status && before.lastTransitionTime !== undefined
        ? before.lastTransitionTime
        : stamp;
  }
}

/** What was asked for, and by whom, never changes. */
function keepSpec(request: CertificateSigningRequest, old: CertificateSigningRequest): void {
  request.spec = copyJson(old.spec) as CertificateSigningRequest['spec'];
}

/** The Condition column: `Pending`, `Approved,Issued`, `Denied` … (printers.go extractCSRStatus). */
export function summaryOf(request: CertificateSigningRequest): string {
  const has = (type: string): boolean => conditionsOf(request).some((condition) => condition.type === type);
  const words = has('Denied') ? ['Denied'] : has('Approved') ? ['Approved'] : ['Pending'];
  if (has('Failed')) words.push('Failed');
  if (request.status?.certificate) words.push('Issued');
  return words.join(',');
}

export const certificateSigningRequestKind: KindDefinition<CertificateSigningRequest> = {
  type: CERTIFICATE_SIGNING_REQUESTS,
  singular: 'certificatesigningrequest',
  shortNames: ['csr'],
  categories: [],
  schema: 'io.k8s.api.certificates.v1.CertificateSigningRequest',
  durability: 'durable',
  hasStatus: true,
  subresources: [
    {
      name: 'approval',
      kind: { group: 'certificates.k8s.io', version: 'v1', kind: 'CertificateSigningRequest' },
      verbs: READ_WRITE,
    },
  ],
  nameRule: 'path-segment',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults() {
    // certificates/v1 has no defaults; the signer decides on usages and life.
  },
  /** Who asks is what authentication found out, whatever the body says; and nobody creates an approved request. */
  prepareForCreate(request, { userName, user }) {
    // Before validation: a body may lack its spec.
    const given = (request.spec as CertificateSigningRequest['spec'] | undefined) ?? { request: '', signerName: '' };
    const { username: _username, uid: _uid, groups: _groups, extra: _extra, ...spec } = given;
    request.spec = {
      ...spec,
      username: userName,
      ...(user?.uid ? { uid: user.uid } : {}),
      ...(user?.groups.length ? { groups: [...user.groups] } : {}),
      ...(user?.extra
        ? { extra: Object.fromEntries(Object.entries(user.extra).map(([key, values]) => [key, [...values]])) }
        : {}),
    };
    request.status = {};
  },
  prepareForUpdate: (request, old) => keepSpec(request, old),
  prepareForStatusUpdate(request, old, { now }) {
    keepSpec(request, old);
    stampConditions(request, old, now);
  },
  validate: validateCertificateRequest,
  validateUpdate: (request, old) => validateCertificateRequestUpdate(request, old, {}),
  validateStatusUpdate: (request, old) => [
    ...validateCertificateRequest(request),
    ...validateCertificateRequestUpdate(request, old, { mayIssue: true }),
  ],
  selectableFields: { 'spec.signerName': ({ spec }) => spec.signerName },
  columns: [
    nameColumn(),
    ageColumn(),
    column('SignerName', 'string', fieldDoc(SPEC, 'signerName'), ({ spec }) => spec.signerName),
    column('Requestor', 'string', fieldDoc(SPEC, 'request'), ({ spec }) => spec.username ?? ''),
    column('RequestedDuration', 'string', fieldDoc(SPEC, 'expirationSeconds'), ({ spec }) =>
      spec.expirationSeconds === undefined ? '<none>' : humanDuration(spec.expirationSeconds * 1000),
    ),
    column('Condition', 'string', fieldDoc(STATUS, 'conditions'), summaryOf),
  ],
};

/** For writes to /approval: like those to /status, but for conditions of approval, and nothing else. */
export function prepareForApproval(
  request: CertificateSigningRequest,
  old: CertificateSigningRequest,
  now: Date,
): void {
  keepSpec(request, old);
  stampConditions(request, old, now);
  const { conditions } = request.status ?? {};
  const { conditions: _conditions, ...others } = old.status ?? {};
  request.status = { ...others, ...(conditions ? { conditions } : {}) };
}
