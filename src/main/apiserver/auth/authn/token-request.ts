import {
  apiVersionOf,
  NODES,
  PODS,
  SECRETS,
  type ServiceAccount,
  type TokenRequest,
} from '../../../../shared/api/kinds.ts';
import { badRequest, conflict, invalid, methodNotAllowed, notFound } from '../../../../shared/api/errors.ts';
import { randomUUID } from 'node:crypto';
import type { Decodable } from '../../../resources/decode/decode-object.ts';
import { causeOf, type FieldError } from '../../../resources/validation/field-error.ts';
import { invalidValue } from '../../../resources/validation/fields.ts';
import { asObject } from '../../registry/as-object.ts';
import { timestamp } from '../../registry/context.ts';
import { decodeBody } from '../../registry/decode-request.ts';
import { writeOptionsOf } from '../../registry/request-options.ts';
import { readStored } from '../../resource-handlers.ts';
import { bodyOf, type ResourceHandler } from '../../resource-request.ts';
import { storedBoundObjects, type BoundObjects } from './bound-objects.ts';
import { boundClaims, type BoundTokenRequest, type ObjectReference } from './token-claims.ts';
import { API_AUDIENCES } from './token-issuer.ts';

const TOKEN_REQUEST: Decodable = {
  type: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
  schema: 'io.k8s.api.authentication.v1.TokenRequest',
};
const DEFAULT_SECONDS = 3600;
const LEAST_SECONDS = 600;
const MOST_SECONDS = 2 ** 32;
/** What kubelets ask for on behalf of the volume admission adds to every pod. Such a token lives on, and is counted. */
const POD_VOLUME_SECONDS = 3607;
const EXTENDED_SECONDS = 365 * 24 * 3600;

/** POST serviceaccounts/NAME/token: a token of the account (pkg/registry/core/serviceaccount/storage/token.go). */
export const tokenRequestHandler: ResourceHandler = async (deps, request) => {
  if (request.info.verb !== 'create') throw methodNotAllowed();
  const { registry } = deps;
  const { target, call, warnings } = request;
  const options = writeOptionsOf(call.query);
  const asked = decodeBody(TOKEN_REQUEST, bodyOf(request), options.fieldValidation, warnings) as TokenRequest;
  matchUrl(asked, target.namespace, target.name);
  const account = asObject(await readStored(deps, request)) as ServiceAccount;

  const nowMs = registry.clock.now();
  const wanted: TokenRequest = {
    ...asked,
    metadata: {
      ...asked.metadata,
      name: target.name,
      namespace: target.namespace,
      creationTimestamp: timestamp(nowMs),
    },
    spec: {
      ...asked.spec,
      audiences: asked.spec.audiences?.length ? asked.spec.audiences : [...API_AUDIENCES],
      expirationSeconds: asked.spec.expirationSeconds ?? DEFAULT_SECONDS,
    },
    status: { token: '', expirationTimestamp: '' },
  } as TokenRequest;
  const admission = {
    operation: 'CREATE' as const,
    kind: target.kind,
    subresource: 'token',
    namespace: target.namespace,
    name: target.name,
    user: call.user,
    dryRun: options.dryRun,
    warn: (message: string) => void warnings.push(message),
    annotate: call.annotate,
    object: wanted,
  };
  await registry.admission.mutate(admission);
  throwIfWrong(wanted);
  await registry.admission.validate(admission);

  const bound = await boundTo(wanted, target, storedBoundObjects(registry));
  const seconds = wanted.spec.expirationSeconds ?? DEFAULT_SECONDS;
  const extended = bound.pod !== undefined && seconds === POD_VOLUME_SECONDS && isForThisApi(wanted.spec.audiences);
  const id = randomUUID();
  const claims = boundClaims(
    {
      namespace: target.namespace,
      account: { name: target.name, uid: account.metadata?.uid ?? '' },
      ...bound,
      audiences: wanted.spec.audiences,
      lifeSeconds: extended ? EXTENDED_SECONDS : seconds,
      warnAfterSeconds: extended ? seconds : undefined,
    },
    Math.floor(nowMs / 1000),
    id,
  );
  call.annotate?.('authentication.kubernetes.io/issued-credential-id', `JTI=${id}`);
  const token = await deps.tokenIssuer.bound(claims);
  const status = { token, expirationTimestamp: timestamp(nowMs + seconds * 1000) };
  return {
    type: 'object',
    code: 201,
    value: { ...wanted, kind: 'TokenRequest', apiVersion: apiVersionOf(TOKEN_REQUEST.type), status },
    warnings,
  };
};

const isForThisApi = (audiences: readonly string[]): boolean =>
  audiences.some((audience) => API_AUDIENCES.includes(audience));

function matchUrl({ metadata }: TokenRequest, namespace: string, name: string): void {
  if (metadata?.name && metadata.name !== name)
    reject(name, [invalidValue('metadata.name', metadata.name, 'must match the service account name if specified')]);
  if (metadata?.namespace && metadata.namespace !== namespace)
    reject(name, [
      invalidValue('metadata.namespace', metadata.namespace, 'must match the service account namespace if specified'),
    ]);
}

/** pkg/apis/authentication/validation ValidateTokenRequest. */
function throwIfWrong({ spec }: TokenRequest): void {
  const seconds = spec.expirationSeconds ?? DEFAULT_SECONDS;
  const field = 'spec.expirationSeconds';
  if (seconds < LEAST_SECONDS)
    reject('', [invalidValue(field, seconds, 'may not specify a duration less than 10 minutes')]);
  if (seconds > MOST_SECONDS)
    reject('', [invalidValue(field, seconds, 'may not specify a duration larger than 2^32 seconds')]);
}

function reject(name: string, errors: readonly FieldError[]): never {
  throw invalid(TOKEN_REQUEST.type, name, errors.map(causeOf));
}

/** The object the token shall be bound to. Throws NotFound, Conflict (another uid), BadRequest (a kind tokens are not bound to). */
async function boundTo(
  { spec }: TokenRequest,
  { namespace, name }: { namespace: string; name: string },
  objects: BoundObjects,
): Promise<Pick<BoundTokenRequest, 'pod' | 'secret' | 'node'>> {
  const wanted = spec.boundObjectRef;
  if (!wanted) return {};
  const refName = wanted.name ?? '';
  const checked = (uid: string | undefined): ObjectReference => {
    if (wanted.uid && wanted.uid !== uid)
      throw conflict(
        { group: '', plural: wanted.kind ?? '' },
        refName,
        `the UID in the bound object reference (${wanted.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
      );
    return { name: refName, uid: uid ?? '' };
  };
  switch (wanted.apiVersion === 'v1' || !wanted.apiVersion ? wanted.kind : undefined) {
    case 'Pod': {
      const pod = await objects.pod(namespace, refName);
      if (!pod) throw notFound(PODS, refName);
      if (pod.spec?.serviceAccountName !== name)
        throw badRequest(
          `cannot bind token for serviceaccount ${JSON.stringify(name)} to pod running with different serviceaccount name.`,
        );
      const nodeName = pod.spec.nodeName;
      if (!nodeName) return { pod: checked(pod.metadata?.uid) };
      const uid = (await objects.node(nodeName))?.metadata?.uid;
      return { pod: checked(pod.metadata?.uid), node: { name: nodeName, ...(uid ? { uid } : {}) } };
    }
    case 'Secret': {
      const secret = await objects.secret(namespace, refName);
      if (!secret) throw notFound(SECRETS, refName);
      return { secret: checked(secret.metadata?.uid) };
    }
    case 'Node': {
      const node = await objects.node(refName);
      if (!node) throw notFound(NODES, refName);
      return { node: checked(node.metadata?.uid) };
    }
    default:
      throw badRequest(`cannot bind token to object of type ${typeText(wanted.apiVersion ?? '', wanted.kind ?? '')}`);
  }
}

/** Go's GroupVersionKind.String(). */
function typeText(apiVersion: string, kind: string): string {
  const [first = '', version] = apiVersion.split('/');
  return version === undefined ? `/${first}, Kind=${kind}` : `${first}/${version}, Kind=${kind}`;
}
