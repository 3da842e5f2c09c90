import { messageOf } from '../../../shared/api/errors.ts';
import { CERTIFICATE_SIGNING_REQUESTS, type CertificateSigningRequest } from '../../../shared/api/kinds.ts';
import { keyOf } from '../../../shared/api/meta.ts';
import { Controller } from '../runtime/controller.ts';
import type { Credentials } from '../runtime/credentials.ts';
import type { ControllerDeps, RunningController } from '../runtime/dependencies.ts';
import { conditionOf, withCondition } from './conditions.ts';
import { isOurs, lifeOf, problemWith } from './signers.ts';

/** Signs approved requests for Kubernetes' own signers; one that is not as its signer demands fails (csrsigning). */
export function certificateSigningController(deps: ControllerDeps, credentials: Credentials): RunningController {
  const { client } = deps;
  const requests = deps.informers.of(CERTIFICATE_SIGNING_REQUESTS);

  async function reconcile(name: string): Promise<undefined> {
    const request = requests.get(name);
    if (!request || !isToBeSigned(request)) return;
    const { request: encoded, usages = [], signerName } = request.spec;
    const problem = problemOf(request);
    if (problem !== undefined) {
      const failed = { type: 'Failed', reason: 'SignerValidationFailure', message: problem };
      await client.updateStatus(CERTIFICATE_SIGNING_REQUESTS, withCondition(request, failed));
      return;
    }
    const pem = await credentials.signRequest({ request: encoded, usages, seconds: lifeOf(request) });
    deps.log.info({ request: name, signer: signerName }, 'certificate issued');
    const certificate = Buffer.from(pem).toString('base64');
    await client.updateStatus(CERTIFICATE_SIGNING_REQUESTS, {
      ...request,
      status: { ...request.status, certificate },
    });
  }

  function problemOf({ spec }: CertificateSigningRequest): string | undefined {
    try {
      return problemWith(spec.signerName, credentials.readRequest(spec.request), spec.usages ?? []);
    } catch (error) {
      // What cannot be read now cannot be read later either.
      return messageOf(error);
    }
  }

  return new Controller(deps, { name: 'certificate-signing', reconcile }).watch(requests, ({ type, object }) =>
    type === 'deleted' ? [] : [keyOf(object)],
  );
}

function isToBeSigned(request: CertificateSigningRequest): boolean {
  return (
    isOurs(request.spec.signerName) &&
    conditionOf(request, 'Approved') !== undefined &&
    conditionOf(request, 'Denied') === undefined &&
    conditionOf(request, 'Failed') === undefined &&
    !request.status?.certificate
  );
}
