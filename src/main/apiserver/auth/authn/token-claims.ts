import { z } from 'zod';
import { serviceAccountUserName } from './service-account-names.ts';

/** An object a token stands or falls with. */
export interface ObjectReference {
  name: string;
  uid: string;
}

/** A pod whose node is gone leaves only the node's name. */
interface NodeReference {
  name: string;
  uid?: string | undefined;
}

const reference = z.object({ name: z.string(), uid: z.string() });

const boundSchema = z.object({
  iss: z.string(),
  sub: z.string(),
  aud: z.array(z.string()),
  iat: z.number(),
  nbf: z.number(),
  exp: z.number(),
  jti: z.string(),
  'kubernetes.io': z.object({
    namespace: z.string(),
    serviceaccount: reference,
    pod: reference.optional(),
    secret: reference.optional(),
    node: z.object({ name: z.string(), uid: z.string().optional() }).optional(),
    warnafter: z.number().optional(),
  }),
});

/** The payload of a token from the TokenRequest API (pkg/serviceaccount/claims.go). Times in seconds since the epoch. */
export type BoundClaims = z.infer<typeof boundSchema>;

export const LEGACY_ISSUER = 'kubernetes/serviceaccount';

const legacySchema = z.object({
  iss: z.literal(LEGACY_ISSUER),
  sub: z.string(),
  'kubernetes.io/serviceaccount/namespace': z.string(),
  'kubernetes.io/serviceaccount/secret.name': z.string(),
  'kubernetes.io/serviceaccount/service-account.name': z.string(),
  'kubernetes.io/serviceaccount/service-account.uid': z.string(),
});

/** The payload of a token kept in a Secret (pkg/serviceaccount/legacy.go): no audience, no end. */
export type LegacyClaims = z.infer<typeof legacySchema>;

export type TokenClaims = { type: 'bound'; claims: BoundClaims } | { type: 'legacy'; claims: LegacyClaims };

/** The claims of a verified payload, or undefined when they are not what this server writes. */
export function claimsOf(payload: unknown): TokenClaims | undefined {
  const legacy = legacySchema.safeParse(payload);
  if (legacy.success) return { type: 'legacy', claims: legacy.data };
  const bound = boundSchema.safeParse(payload);
  return bound.success ? { type: 'bound', claims: bound.data } : undefined;
}

export interface BoundTokenRequest {
  namespace: string;
  account: ObjectReference;
  pod?: ObjectReference | undefined;
  secret?: ObjectReference | undefined;
  node?: NodeReference | undefined;
  audiences: readonly string[];
  lifeSeconds: number;
  /** The token goes on working after this, but is counted as stale (upstream's safe roll-out of bound tokens). */
  warnAfterSeconds?: number | undefined;
}

/** Claims of a new bound token, all but the issuer. `nowSeconds` is whole seconds. */
export function boundClaims(request: BoundTokenRequest, nowSeconds: number, id: string): Omit<BoundClaims, 'iss'> {
  const { namespace, account, pod, secret, node, warnAfterSeconds } = request;
  return {
    aud: [...request.audiences],
    exp: nowSeconds + request.lifeSeconds,
    iat: nowSeconds,
    jti: id,
    'kubernetes.io': {
      namespace,
      serviceaccount: { name: account.name, uid: account.uid },
      ...(pod ? { pod } : {}),
      ...(secret ? { secret } : {}),
      ...(node ? { node } : {}),
      ...(warnAfterSeconds === undefined ? {} : { warnafter: nowSeconds + warnAfterSeconds }),
    },
    nbf: nowSeconds,
    sub: serviceAccountUserName(namespace, account.name),
  };
}

/** Claims of the token of a Secret. */
export function legacyClaims(namespace: string, account: ObjectReference, secretName: string): LegacyClaims {
  return {
    iss: LEGACY_ISSUER,
    sub: serviceAccountUserName(namespace, account.name),
    'kubernetes.io/serviceaccount/namespace': namespace,
    'kubernetes.io/serviceaccount/secret.name': secretName,
    'kubernetes.io/serviceaccount/service-account.name': account.name,
    'kubernetes.io/serviceaccount/service-account.uid': account.uid,
  };
}
