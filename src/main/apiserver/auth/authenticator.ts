import type { TLSSocket } from 'node:tls';
import { unauthorized } from '../../../shared/api/errors.ts';
import type { Clock } from '../../../shared/logger.ts';
import type { Annotate } from '../audit/annotate.ts';
import type { BearerAuthenticator } from './authn/bearer-authenticator.ts';
import { TokenError } from './authn/token-verifier.ts';
import { authenticated, type UserInfo } from './user.ts';

/** What a client certificate says; undefined when there is none or it was not signed by our authority. */
export interface PeerIdentity {
  user: UserInfo;
  /** Milliseconds since the epoch. A connection outlives no certificate: this is checked on every request. */
  expiresAt: number;
}

type PeerSocket = Pick<TLSSocket, 'authorized' | 'getPeerCertificate'>;

/** Kubernetes' own subject attribute for a user's uid (feature AllowParsingUserUIDFromCertAuth). */
const UID_ATTRIBUTE = '1.3.6.1.4.1.57683.2';

const listOf = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** Reads the identity off a finished handshake: common name is the user, organizations are the groups. */
export function peerIdentityOf(socket: PeerSocket): PeerIdentity | undefined {
  if (!socket.authorized) return undefined;
  const certificate = socket.getPeerCertificate();
  const subject = certificate.subject as Partial<Record<string, string | string[]>> | undefined;
  const names = listOf(subject?.['CN']);
  const name = names[0];
  const uids = listOf(subject?.[UID_ATTRIBUTE]);
  // Two common names would let a signer and a reader disagree about who this is; so would two uids.
  if (name === undefined || name === '' || names.length !== 1 || uids.length > 1) return undefined;
  const fingerprint = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
  return {
    user: {
      name,
      groups: listOf(subject?.['O']),
      ...(uids[0] ? { uid: uids[0] } : {}),
      extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint}`] },
    },
    expiresAt: Date.parse(certificate.valid_to),
  };
}

/** Finds out who makes a request. A valid client certificate wins; else a bearer token. */
export class Authenticator {
  constructor(
    private readonly tokens: Pick<BearerAuthenticator, 'authenticate'>,
    private readonly clock: Clock,
  ) {}

  /** Throws the 401, which says nothing of why: that is for the audit log. */
  async authenticate(
    peer: PeerIdentity | undefined,
    authorization: string | undefined,
    annotate?: Annotate,
  ): Promise<UserInfo> {
    if (peer && peer.expiresAt > this.clock.now()) return authenticated(peer.user);
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) throw unauthorized();
    try {
      const identity = await this.tokens.authenticate(token, undefined, annotate);
      if (identity) return authenticated(identity.user);
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
      annotate?.('wheelhouse.dev/refused', error.message);
    }
    throw unauthorized();
  }
}
