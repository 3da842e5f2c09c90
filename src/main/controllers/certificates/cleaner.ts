import { X509Certificate } from 'node:crypto';
import { isConflict, isNotFound } from '../../../shared/api/errors.ts';
import { CERTIFICATE_SIGNING_REQUESTS, type CertificateSigningRequest } from '../../../shared/api/kinds.ts';
import { nameOf } from '../../../shared/api/meta.ts';
import type { ControllerDeps, RunningController } from '../runtime/dependencies.ts';
import { Periodic } from '../runtime/periodic.ts';
import { conditionOf } from './conditions.ts';

/** cleaner.go */
const PERIOD_MS = 3_600_000;
const DECIDED_MS = 3_600_000;
const PENDING_MS = 24 * 3_600_000;

/** Deletes requests that nobody needs any more: decided an hour ago, pending for a day, or issued and expired. */
export function certificateCleaner(deps: ControllerDeps): RunningController {
  const { client, clock } = deps;
  const requests = deps.informers.of(CERTIFICATE_SIGNING_REQUESTS);
  return new Periodic(deps.log, {
    name: 'certificate-cleaner',
    periodMs: PERIOD_MS,
    async run() {
      for (const request of requests.list().filter((each) => isDone(each, clock.now()))) {
        try {
          await client.delete(
            CERTIFICATE_SIGNING_REQUESTS,
            { name: nameOf(request) },
            { uid: request.metadata?.uid ?? '' },
          );
        } catch (error) {
          if (!isNotFound(error) && !isConflict(error)) throw error;
        }
      }
    },
  });
}

/** Whether a request is over, `nowMs` being the time. */
export function isDone(request: CertificateSigningRequest, nowMs: number): boolean {
  const { certificate } = request.status ?? {};
  const olderThan = (time: unknown, ms: number): boolean => time !== undefined && Date.parse(String(time)) < nowMs - ms;
  const since = (type: 'Approved' | 'Denied' | 'Failed', ms: number): boolean =>
    olderThan(conditionOf(request, type)?.lastUpdateTime, ms);
  if (certificate && isExpired(certificate, nowMs)) return true;
  if (since('Denied', DECIDED_MS) || since('Failed', DECIDED_MS)) return true;
  if (conditionOf(request, 'Approved')) return since('Approved', certificate ? DECIDED_MS : PENDING_MS);
  const decided = conditionOf(request, 'Denied') ?? conditionOf(request, 'Failed');
  return !decided && olderThan(request.metadata?.creationTimestamp, PENDING_MS);
}

function isExpired(certificate: string, nowMs: number): boolean {
  const pem = Buffer.from(certificate, 'base64').toString();
  // Another signer may have put there what it likes.
  if (!pem.includes('BEGIN CERTIFICATE')) return false;
  return Date.parse(new X509Certificate(pem).validTo) < nowMs;
}
