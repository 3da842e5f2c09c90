import { X509Certificate } from 'node:crypto';
import type { CertificateSigningRequest } from '../../../shared/api/kinds.ts';
import { hasGoodSignature, parseCertificateRequest } from '../certificates/certificate-request.ts';
import { equalJson } from '../decode/json-value.ts';
import type { FieldError } from './field-error.ts';
import { duplicate, duplicatesIn, forbiddenField, invalidValue, notSupported, required, tooLong } from './fields.ts';
import { dns1123Label, dns1123Subdomain } from './names.ts';

/** Rules of CertificateSigningRequests: pkg/apis/certificates/validation. */

const USAGES: readonly string[] = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
];
const LEGACY_UNKNOWN = 'kubernetes.io/legacy-unknown';
const LEAST_SECONDS = 600;
const LONGEST_DOMAIN = 253;
const LONGEST_SIGNER_NAME = LONGEST_DOMAIN + 1 + 253 + 63 + 1;
/** Conditions that are there or not: no status but True. */
const TRUE_ONLY: readonly string[] = ['Approved', 'Denied', 'Failed'];
const CONDITIONS = 'status.conditions';

type Condition = NonNullable<NonNullable<CertificateSigningRequest['status']>['conditions']>[number];

export function validateCertificateRequest({ spec, status }: CertificateSigningRequest): FieldError[] {
  const complaint = complaintAboutRequest(spec.request as string | undefined);
  const usages = spec.usages ?? [];
  const seconds = spec.expirationSeconds;
  return [
    ...(complaint === undefined
      ? []
      : [invalidValue('spec.request', (spec.request as string | undefined) ?? '', complaint)]),
    ...(usages.length === 0 ? [required('spec.usages')] : []),
    ...usages.flatMap((usage, index) =>
      USAGES.includes(usage) ? [] : [notSupported(`spec.usages[${index}]`, usage, USAGES)],
    ),
    ...duplicatesIn(
      usages,
      (usage) => usage,
      (index) => `spec.usages[${index}]`,
    ),
    ...validateSignerName(spec.signerName),
    ...(seconds !== undefined && seconds < LEAST_SECONDS
      ? [
          invalidValue(
            'spec.expirationSeconds',
            seconds,
            'may not specify a duration less than 600 seconds (10 minutes)',
          ),
        ]
      : []),
    ...validateConditions(status?.conditions ?? []),
    ...validateCertificate(status?.certificate),
  ];
}

/** What a write may change: only /approval decides, only /status issues, and neither is taken back. */
export function validateCertificateRequestUpdate(
  request: CertificateSigningRequest,
  old: CertificateSigningRequest,
  may: { mayDecide?: boolean; mayIssue?: boolean },
): FieldError[] {
  const errors: FieldError[] = [];
  const ofType = ({ status }: CertificateSigningRequest, type: string): Condition[] =>
    (status?.conditions ?? []).filter((condition) => condition.type === type);
  for (const type of TRUE_ONLY) {
    const [now, before] = [ofType(request, type), ofType(old, type)];
    if (now.length < before.length)
      errors.push(forbiddenField(CONDITIONS, `updates may not remove a condition of type "${type}"`));
    else if (type === 'Failed' || may.mayDecide) continue;
    else if (now.length > before.length)
      errors.push(forbiddenField(CONDITIONS, `updates may not add a condition of type "${type}"`));
    else if (!equalJson(now, before))
      errors.push(forbiddenField(CONDITIONS, `updates may not modify a condition of type "${type}"`));
  }
  const issued = old.status?.certificate ?? '';
  if ((request.status?.certificate ?? '') !== issued) {
    if (!may.mayIssue) errors.push(forbiddenField('status.certificate', 'updates may not set certificate content'));
    else if (issued !== '')
      errors.push(forbiddenField('status.certificate', 'updates may not modify existing certificate content'));
  }
  return errors;
}

/** What is wrong with the PEM, the request or its signature; undefined for nothing. */
function complaintAboutRequest(request: string | undefined): string | undefined {
  if (!request) return 'PEM block type must be CERTIFICATE REQUEST';
  try {
    return hasGoodSignature(parseCertificateRequest(request)) ? undefined : 'x509: invalid signature';
  } catch (error) {
    // Whatever cannot be parsed is the writer's fault, and said to them.
    return error instanceof Error ? error.message : String(error);
  }
}

/** `domain.example/path`, ValidateSignerName. */
function validateSignerName(name: string | undefined): FieldError[] {
  const field = 'spec.signerName';
  if (!name) return [required(field)];
  if (name === LEGACY_UNKNOWN)
    return [invalidValue(field, name, 'the legacy signerName is not allowed via this API version')];
  const [domain = '', path, ...more] = name.split('/');
  if (path === undefined || more.length > 0)
    return [
      invalidValue(field, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'"),
    ];
  const labels = domain.split('.');
  return [
    ...(domain.length > LONGEST_DOMAIN ? [tooLong(field, LONGEST_DOMAIN)] : []),
    ...firstBadLabel(field, domain, labels, dns1123Label),
    ...(labels.length < 2
      ? [invalidValue(field, domain, 'should be a domain with at least two segments separated by dots')]
      : []),
    ...firstBadLabel(field, path, path.split('.'), dns1123Subdomain),
    ...(name.length > LONGEST_SIGNER_NAME ? [tooLong(field, LONGEST_SIGNER_NAME)] : []),
  ];
}

/** More than the first would say the same again. */
function firstBadLabel(
  field: string,
  segment: string,
  labels: readonly string[],
  check: (label: string) => string[],
): FieldError[] {
  for (const label of labels) {
    const complaints = check(label);
    if (complaints.length > 0)
      return complaints.map((text) => invalidValue(field, segment, `validating label "${label}": ${text}`));
  }
  return [];
}

function validateConditions(conditions: readonly Condition[]): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, { type, status }] of conditions.entries()) {
    const at = `${CONDITIONS}[${index}]`;
    if (type === '') errors.push(required(`${at}.type`));
    const allowed = TRUE_ONLY.includes(type) ? ['True'] : ['False', 'True', 'Unknown'];
    if (!status) errors.push(required(`${at}.status`));
    else if (!allowed.includes(status)) errors.push(notSupported(`${at}.status`, status, allowed));
    const opposite = type === 'Approved' ? 'Denied' : type === 'Denied' ? 'Approved' : undefined;
    if (opposite !== undefined && seen.has(opposite))
      errors.push(invalidValue(`${at}.type`, type, 'Approved and Denied conditions are mutually exclusive'));
    if (seen.has(type)) errors.push(duplicate(`${at}.type`, type));
    seen.add(type);
  }
  return errors;
}

const BLOCK = /-----BEGIN ([^-]+)-----[\s\S]*?-----END \1-----/g;

function validateCertificate(certificate: string | undefined): FieldError[] {
  if (!certificate) return [];
  const bad = (detail: string): FieldError[] => [invalidValue('status.certificate', '<certificate data>', detail)];
  const blocks = [...Buffer.from(certificate, 'base64').toString('latin1').matchAll(BLOCK)];
  if (blocks.length === 0) return bad('must contain at least one CERTIFICATE PEM block');
  for (const [pem, type = ''] of blocks) {
    if (type !== 'CERTIFICATE') return bad(`only CERTIFICATE PEM blocks are allowed, found "${type}"`);
    try {
      new X509Certificate(pem);
    } catch (error) {
      return bad(error instanceof Error ? error.message : String(error));
    }
  }
  return [];
}
