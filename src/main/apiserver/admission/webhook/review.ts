import { ApiError } from '../../../../shared/api/errors.ts';
import type { StatusDetails } from '../../../../shared/api/errors.ts';
import { isPlainObject } from '../../registry/plain-object.ts';
import type { RequestValues } from '../policy/request-values.ts';

/** The conversation with a webhook: admission.k8s.io AdmissionReview, and what is wrong with an answer. */

/** Versions we speak, the first that a webhook accepts is used. */
const VERSIONS = ['v1', 'v1beta1'];

export const reviewVersionOf = (accepted: readonly string[]): string | undefined =>
  accepted.find((version) => VERSIONS.includes(version));

/** The body that a webhook is sent. */
export function reviewOf(uid: string, version: string, { request, object, oldObject }: RequestValues): object {
  return {
    kind: 'AdmissionReview',
    apiVersion: `admission.k8s.io/${version}`,
    request: { uid, ...request, object, oldObject },
  };
}

/** A webhook's answer, found to be in order. */
export interface ReviewAnswer {
  allowed: boolean;
  /** Why not; a Status, of which any part may be missing. */
  status: Readonly<Record<string, unknown>> | undefined;
  /** A JSON patch; absent when there is none. */
  patch: unknown;
  warnings: string[];
  auditAnnotations: [key: string, value: string][];
}

/** An answer that cannot be used; the message is upstream's (webhook/request VerifyAdmissionResponse). */
export class InvalidReview extends Error {}

/** Reads an answer. Throws InvalidReview. */
export function readReview(uid: string, version: string, mutating: boolean, body: unknown): ReviewAnswer {
  const response = isPlainObject(body) ? body['response'] : undefined;
  if (!isPlainObject(body) || !isPlainObject(response)) throw new InvalidReview('webhook response was absent');
  if (version === 'v1') checkIdentity(uid, body, response);
  const { patch, patchType } = response;
  const hasPatch = typeof patch === 'string' && patch !== '';
  const typed = patchType !== undefined && patchType !== null;
  if (!mutating && hasPatch) throw new InvalidReview('validating webhook may not return response.patch');
  if (!mutating && typed) throw new InvalidReview('validating webhook may not return response.patchType');
  if (version === 'v1' && hasPatch && !typed)
    throw new InvalidReview('webhook returned response.patch but not response.patchType');
  if (version === 'v1' && !hasPatch && typed)
    throw new InvalidReview('webhook returned response.patchType but not response.patch');
  if (hasPatch && typed && patchType !== 'JSONPatch')
    throw new InvalidReview(`webhook returned invalid response.patchType of ${JSON.stringify(patchType)}`);
  const { allowed, status, warnings, auditAnnotations } = response;
  return {
    allowed: allowed === true,
    status: isPlainObject(status) ? status : undefined,
    patch: hasPatch ? readPatch(patch) : undefined,
    warnings: Array.isArray(warnings) ? warnings.filter((warning) => typeof warning === 'string') : [],
    auditAnnotations: isPlainObject(auditAnnotations)
      ? Object.entries(auditAnnotations).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
      : [],
  };
}

function checkIdentity(
  uid: string,
  body: Readonly<Record<string, unknown>>,
  response: Readonly<Record<string, unknown>>,
): void {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  if (response['uid'] !== uid)
    throw new InvalidReview(
      `expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(text(response['uid']))}`,
    );
  const expected = 'admission.k8s.io/v1, Kind=AdmissionReview';
  const actual = `${text(body['apiVersion'])}, Kind=${text(body['kind'])}`;
  if (actual !== expected) throw new InvalidReview(`expected webhook response of ${expected}, got ${actual}`);
}

function readPatch(patch: string): unknown {
  try {
    return JSON.parse(Buffer.from(patch, 'base64').toString()) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new InvalidReview(`received undecodable patch in webhook response: ${error.message}`);
    throw error;
  }
}

/** The error of a refused request (webhook/errors ToStatusErr): the webhook's own Status, made a failure if it was none. */
export function denialOf(webhook: string, status: ReviewAnswer['status']): ApiError {
  const text = (field: string): string => (typeof status?.[field] === 'string' ? status[field] : '');
  const deniedBy = `admission webhook ${JSON.stringify(webhook)} denied the request`;
  const why = text('message') || text('reason');
  const code = typeof status?.['code'] === 'number' ? status['code'] : 0;
  return new ApiError(
    Number.isInteger(code) && code >= 400 && code < 600 ? code : 400,
    text('reason'),
    why === '' ? `${deniedBy} without explanation` : `${deniedBy}: ${why}`,
    isPlainObject(status?.['details']) ? (status['details'] as StatusDetails) : undefined,
  );
}
