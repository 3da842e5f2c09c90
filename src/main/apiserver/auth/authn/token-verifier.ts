import { createHash } from 'node:crypto';
import { compactVerify, decodeJwt, decodeProtectedHeader, errors } from 'jose';
import { TOKEN_ALGORITHM, type ServiceAccountKeys } from '../../pki/service-account-keys.ts';
import { claimsOf, LEGACY_ISSUER, type TokenClaims } from './token-claims.ts';
import { TOKEN_ISSUER } from './token-issuer.ts';

/** A token that is one of ours and is not good. The message may be told to whoever reviews tokens. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
}

/** How many verified signatures are remembered. */
const REMEMBERED = 4096;

/**
 * Checks that a token was signed here. What a good signature covers never changes, so it is remembered; whether the
 * token is still valid is asked anew every time, elsewhere.
 */
export class TokenVerifier {
  /** Oldest first; by digest, so that no token is kept in memory. */
  readonly #verified = new Map<string, TokenClaims>();

  constructor(private readonly keys: Pick<ServiceAccountKeys, 'verification'>) {}

  /** The claims of a token; undefined when it is not from this issuer. Throws TokenError when it only says so. */
  async verify(token: string): Promise<TokenClaims | undefined> {
    const digest = createHash('sha256').update(token).digest('base64');
    const known = this.#verified.get(digest);
    if (known) return known;
    if (!saysItIsOurs(token)) return undefined;
    const claims = claimsOf(await this.#payloadOf(token));
    if (!claims) throw new TokenError('service account token claims could not be validated');
    this.#verified.set(digest, claims);
    const oldest = this.#verified.keys().next().value;
    if (this.#verified.size > REMEMBERED && oldest !== undefined) this.#verified.delete(oldest);
    return claims;
  }

  async #payloadOf(token: string): Promise<unknown> {
    const { kid } = decodeProtectedHeader(token);
    const named = kid === undefined ? undefined : this.keys.verification.get(kid);
    const candidates = kid === undefined ? [...this.keys.verification.values()] : named ? [named] : [];
    for (const key of candidates) {
      try {
        const { payload } = await compactVerify(token, key, { algorithms: [TOKEN_ALGORITHM] });
        return JSON.parse(Buffer.from(payload).toString());
      } catch (error) {
        // Another key may have signed it; any other fault of the token ends here.
        if (!(error instanceof errors.JOSEError)) throw error;
      }
    }
    throw new TokenError(candidates.length === 0 ? 'invalid signature, no keys found' : 'invalid signature');
  }
}

/** A look at the payload before anything is verified: other issuers' tokens are nobody's business here. */
function saysItIsOurs(token: string): boolean {
  try {
    const { iss } = decodeJwt(token);
    decodeProtectedHeader(token);
    return iss === TOKEN_ISSUER || iss === LEGACY_ISSUER;
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) return false;
    throw error;
  }
}
