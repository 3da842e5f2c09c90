import { SignJWT, type JWTPayload } from 'jose';
import { TOKEN_ALGORITHM, type ServiceAccountKeys } from '../../pki/service-account-keys.ts';
import { legacyClaims, type BoundClaims, type ObjectReference } from './token-claims.ts';

/** Who tokens are from, and whom they are for when nobody says: kubeadm's `--service-account-issuer`. */
export const TOKEN_ISSUER = 'https://kubernetes.default.svc.cluster.local';
/** What this server answers to (`--api-audiences`, which defaults to the issuer). */
export const API_AUDIENCES: readonly string[] = [TOKEN_ISSUER];

/** Signs service account tokens. */
export class TokenIssuer {
  constructor(private readonly keys: Pick<ServiceAccountKeys, 'signing'>) {}

  /** A token of the TokenRequest API. */
  bound(claims: Omit<BoundClaims, 'iss'>): Promise<string> {
    return this.#sign({ ...claims, iss: TOKEN_ISSUER });
  }

  /** The token a Secret of type kubernetes.io/service-account-token holds. */
  legacy(namespace: string, account: ObjectReference, secretName: string): Promise<string> {
    return this.#sign(legacyClaims(namespace, account, secretName));
  }

  #sign(claims: JWTPayload): Promise<string> {
    const { id, key } = this.keys.signing;
    return new SignJWT(claims).setProtectedHeader({ alg: TOKEN_ALGORITHM, kid: id }).sign(key);
  }
}
