import type { Clock } from '../../../../shared/logger.ts';
import type { Annotate } from '../../audit/annotate.ts';
import type { BearerIdentity } from './bearer-identity.ts';
import type { BoundObjects } from './bound-objects.ts';
import { API_AUDIENCES } from './token-issuer.ts';
import { boundTokenUser, legacyTokenUser, staleSeconds } from './token-validity.ts';
import { TokenError, type TokenVerifier } from './token-verifier.ts';

/** Tells whose a service account token is: good signature, right audience, and everything it is bound to still there. */
export class ServiceAccountAuthenticator {
  constructor(
    private readonly verifier: TokenVerifier,
    private readonly objects: BoundObjects,
    private readonly clock: Clock,
  ) {}

  /** Undefined for a token of another kind. Throws TokenError for one of ours that is no good. */
  async authenticate(
    token: string,
    audiences: readonly string[],
    annotate?: Annotate,
  ): Promise<BearerIdentity | undefined> {
    const verified = await this.verifier.verify(token);
    if (!verified) return undefined;
    const now = this.clock.now();
    if (verified.type === 'legacy') {
      annotate?.('authentication.k8s.io/legacy-token', verified.claims.sub);
      const shared = intersection(API_AUDIENCES, audiences);
      return { user: await legacyTokenUser(token, verified.claims, this.objects, now), audiences: shared };
    }
    const { claims } = verified;
    const shared = intersection(claims.aud, audiences);
    const user = await boundTokenUser(claims, this.objects, now);
    const stale = staleSeconds(claims, now);
    if (stale !== undefined)
      annotate?.(
        'authentication.k8s.io/stale-token',
        `subject: ${claims.sub}, seconds after warning threshold: ${stale}`,
      );
    return { user, audiences: shared };
  }
}

/** The audiences a token may be used for here. Throws TokenError when there are none. */
function intersection(ofToken: readonly string[], wanted: readonly string[]): string[] {
  const shared = ofToken.filter((audience) => wanted.includes(audience));
  if (shared.length > 0) return shared;
  throw new TokenError(`token audiences ${listed(ofToken)} is invalid for the target audiences ${listed(wanted)}`);
}

/** Go's %q of a list of strings. */
const listed = (values: readonly string[]): string => `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;
