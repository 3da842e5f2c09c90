import { messageOf } from '../../../shared/api/errors.ts';
import { CERTIFICATE_SIGNING_REQUESTS, type CertificateSigningRequest } from '../../../shared/api/kinds.ts';
import { keyOf } from '../../../shared/api/meta.ts';
import { Controller, type Requeue } from '../runtime/controller.ts';
import type { Credentials } from '../runtime/credentials.ts';
import type { ControllerDeps, RunningController } from '../runtime/dependencies.ts';
import { conditionOf, withCondition } from './conditions.ts';
import { KUBELET_CLIENT, problemWith } from './signers.ts';

/** A refused node may be let in later, by a new role binding. */
const ASK_AGAIN_MS = 60_000;

/** The two cases of a node's request, the narrower first (csrapproving recognizers). */
const CASES = [
  {
    subresource: 'selfnodeclient',
    message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
    fits: (username: string | undefined, commonName: string) => username === commonName,
  },
  {
    subresource: 'nodeclient',
    message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
    fits: () => true,
  },
];

/**
 * Approves the client certificates that nodes ask for, when the one who asks may have them by the cluster's roles: a node
 * renewing its own, or a machine that was given the right to become a node.
 */
export function certificateApprovingController(deps: ControllerDeps, credentials: Credentials): RunningController {
  const { client } = deps;
  const requests = deps.informers.of(CERTIFICATE_SIGNING_REQUESTS);

  async function reconcile(name: string): Promise<Requeue | undefined> {
    const request = requests.get(name);
    if (!request || request.status?.certificate || conditionOf(request, 'Approved') || conditionOf(request, 'Denied'))
      return undefined;
    const commonName = nodeAsking(request);
    if (commonName === undefined) return undefined;
    for (const { subresource, message, fits } of CASES) {
      if (!fits(request.spec.username, commonName) || !(await isAllowed(request, subresource))) continue;
      const approved = { type: 'Approved', reason: 'AutoApproved', message };
      await client.update(CERTIFICATE_SIGNING_REQUESTS, withCondition(request, approved), 'approval');
      return undefined;
    }
    return { afterMs: ASK_AGAIN_MS };
  }

  /** The common name of a request for a node's client certificate; undefined for every other request. */
  function nodeAsking({ spec, metadata }: CertificateSigningRequest): string | undefined {
    if (spec.signerName !== KUBELET_CLIENT) return undefined;
    try {
      const wanted = credentials.readRequest(spec.request);
      return problemWith(KUBELET_CLIENT, wanted, spec.usages ?? []) === undefined ? wanted.commonName : undefined;
    } catch (error) {
      deps.log.debug({ request: metadata?.name, err: messageOf(error) }, 'certificate request cannot be read');
      return undefined;
    }
  }

  async function isAllowed({ spec }: CertificateSigningRequest, subresource: string): Promise<boolean> {
    const { username: user, uid, groups, extra } = spec;
    const { status } = await client.transport.request<{ status?: { allowed?: boolean } }>({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: {
          user,
          ...(uid ? { uid } : {}),
          ...(groups ? { groups } : {}),
          ...(extra ? { extra } : {}),
          resourceAttributes: {
            group: CERTIFICATE_SIGNING_REQUESTS.group,
            version: '*',
            resource: CERTIFICATE_SIGNING_REQUESTS.plural,
            verb: 'create',
            subresource,
          },
        },
      },
    });
    return status?.allowed === true;
  }

  return new Controller(deps, { name: 'certificate-approving', reconcile }).watch(requests, ({ type, object }) =>
    type === 'deleted' ? [] : [keyOf(object)],
  );
}
