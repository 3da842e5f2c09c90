import type { KubeObject } from '../../../../shared/api/meta.ts';
import type { UserInfo } from '../user.ts';
import type { BoundObjects } from './bound-objects.ts';
import { serviceAccountGroups, serviceAccountUserName, splitServiceAccountUserName } from './service-account-names.ts';
import type { BoundClaims, LegacyClaims } from './token-claims.ts';
import { TokenError } from './token-verifier.ts';

/** Clocks may differ by this much (go-jose's DefaultLeeway); also how long a token outlives the deletion of its object. */
const LEEWAY_SECONDS = 60;

const INVALIDATED = 'service account token has been invalidated';
/** Says until when a token of a Secret was accepted; whoever puts it there takes the token out of use. */
const INVALID_SINCE = 'kubernetes.io/legacy-token-invalid-since';
const EXTRA = 'authentication.kubernetes.io';

/** The user a bound token stands for now. Throws TokenError in upstream's words (claims.go Validate). */
export async function boundTokenUser(claims: BoundClaims, objects: BoundObjects, nowMs: number): Promise<UserInfo> {
  const now = nowMs / 1000;
  if (now > claims.exp + LEEWAY_SECONDS) throw new TokenError('service account token has expired');
  if (now < claims.nbf - LEEWAY_SECONDS) throw new TokenError('service account token is not valid yet');

  const { namespace, serviceaccount, pod, secret, node } = claims['kubernetes.io'];
  await checkAccount(objects, namespace, serviceaccount, nowMs, LEEWAY_SECONDS);
  if (secret) checkBound('secret', secret, await objects.secret(namespace, secret.name), nowMs);
  if (pod) checkBound('pod', pod, await objects.pod(namespace, pod.name), nowMs);
  // The node of a pod-bound token is a hint and says nothing about the token's life.
  if (node && !pod) checkBound('node', { name: node.name, uid: node.uid ?? '' }, await objects.node(node.name), nowMs);

  const extra = {
    [`${EXTRA}/credential-id`]: [`JTI=${claims.jti}`],
    ...(pod ? { [`${EXTRA}/pod-name`]: [pod.name], [`${EXTRA}/pod-uid`]: [pod.uid] } : {}),
    ...(node ? { [`${EXTRA}/node-name`]: [node.name] } : {}),
    ...(node?.uid ? { [`${EXTRA}/node-uid`]: [node.uid] } : {}),
  };
  return userOf(namespace, serviceaccount, extra);
}

/** The user the token of a Secret stands for now. Throws TokenError in upstream's words (legacy.go Validate). */
export async function legacyTokenUser(
  token: string,
  claims: LegacyClaims,
  objects: BoundObjects,
  nowMs: number,
): Promise<UserInfo> {
  const namespace = claims['kubernetes.io/serviceaccount/namespace'];
  const account = {
    name: claims['kubernetes.io/serviceaccount/service-account.name'],
    uid: claims['kubernetes.io/serviceaccount/service-account.uid'],
  };
  const subject = splitServiceAccountUserName(claims.sub);
  if (subject?.namespace !== namespace || subject.name !== account.name) throw new TokenError('sub claim is invalid');

  const secretName = claims['kubernetes.io/serviceaccount/secret.name'];
  const secret = await objects.secret(namespace, secretName);
  if (!secret || secret.metadata?.deletionTimestamp !== undefined) throw new TokenError(INVALIDATED);
  const kept = Buffer.from(secret.data?.['token'] ?? '', 'base64').toString();
  if (kept !== token) throw new TokenError("service account token does not match server's copy");
  if (secret.metadata?.labels?.[INVALID_SINCE])
    throw new TokenError(
      `the token in secret ${namespace}/${secretName} for service account ${namespace}/${account.name} has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the '${INVALID_SINCE}' label from the secret to temporarily allow use of this token`,
    );
  await checkAccount(objects, namespace, account, nowMs, 0);
  return userOf(namespace, account, {});
}

/** Whether a token is past the life that was asked for, by how many seconds; upstream's stale-token annotation. */
export function staleSeconds(claims: BoundClaims, nowMs: number): number | undefined {
  const { warnafter } = claims['kubernetes.io'];
  const now = Math.floor(nowMs / 1000);
  return warnafter !== undefined && now > warnafter ? now - warnafter : undefined;
}

async function checkAccount(
  objects: BoundObjects,
  namespace: string,
  wanted: { name: string; uid: string },
  nowMs: number,
  leewaySeconds: number,
): Promise<void> {
  const account = await objects.serviceAccount(namespace, wanted.name);
  if (!account) throw new TokenError(`serviceaccount "${wanted.name}" not found`);
  if (isDeleted(account, nowMs, leewaySeconds))
    throw new TokenError(`service account ${namespace}/${wanted.name} has been deleted`);
  const uid = account.metadata?.uid ?? '';
  if (uid !== wanted.uid) throw new TokenError(`service account UID (${uid}) does not match claim (${wanted.uid})`);
}

function checkBound(
  what: 'pod' | 'secret' | 'node',
  wanted: { name: string; uid: string },
  found: KubeObject | undefined,
  nowMs: number,
): void {
  if (!found || isDeleted(found, nowMs, LEEWAY_SECONDS)) throw new TokenError(INVALIDATED);
  const uid = found.metadata?.uid ?? '';
  if (uid === wanted.uid) return;
  throw new TokenError(`${what} UID (${uid}) does not match service account ${what} ref claim (${wanted.uid})`);
}

function isDeleted(object: KubeObject, nowMs: number, leewaySeconds: number): boolean {
  const at = object.metadata?.deletionTimestamp;
  return at !== undefined && Date.parse(String(at)) < nowMs - leewaySeconds * 1000;
}

const userOf = (
  namespace: string,
  account: { name: string; uid: string },
  extra: Record<string, readonly string[]>,
): UserInfo => ({
  name: serviceAccountUserName(namespace, account.name),
  uid: account.uid,
  groups: serviceAccountGroups(namespace),
  ...(Object.keys(extra).length > 0 ? { extra } : {}),
});
