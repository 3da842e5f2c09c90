import type { Annotate } from '../../audit/annotate.ts';
import type { TokenAuthenticator } from '../tokens.ts';
import type { BearerIdentity } from './bearer-identity.ts';
import type { ServiceAccountAuthenticator } from './service-account-authenticator.ts';
import { API_AUDIENCES } from './token-issuer.ts';

/** Every kind of bearer token: those known from the start, then service accounts'. */
export class BearerAuthenticator {
  constructor(
    private readonly known: TokenAuthenticator,
    private readonly serviceAccounts: ServiceAccountAuthenticator,
  ) {}

  /** Undefined for a token nobody knows. Throws TokenError for one of ours that is no good. */
  async authenticate(
    token: string,
    audiences: readonly string[] = API_AUDIENCES,
    annotate?: Annotate,
  ): Promise<BearerIdentity | undefined> {
    const user = await this.known.authenticate(token);
    // A token without audiences of its own is for this API.
    if (user) {
      const shared = API_AUDIENCES.filter((audience) => audiences.includes(audience));
      return shared.length > 0 ? { user, audiences: shared } : undefined;
    }
    return this.serviceAccounts.authenticate(token, audiences, annotate);
  }
}
