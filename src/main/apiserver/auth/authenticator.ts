import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../../shared/logger.ts';
import type { TokenAuthenticator } from './tokens.ts';
import { authenticated, type UserInfo } from './user.ts';

/** What a client certificate says; undefined when there is none or it was not signed by our authority. */
export interface PeerIdentity {
  user: UserInfo;
  /** Milliseconds since the epoch. A connection outlives no certificate: this is checked on every request. */
  expiresAt: number;
}

type PeerSocket = Pick<TLSSocket, 'authorized' | 'getPeerCertificate'>;

const listOf = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** Reads the identity off a finished handshake: common name is the user, organizations are the groups. */
export function peerIdentityOf(socket: PeerSocket): PeerIdentity | undefined {
  if (!socket.authorized) return undefined;
  const certificate = socket.getPeerCertificate();
  const subject = certificate.subject as Partial<Record<'CN' | 'O', string | string[]>> | undefined;
  const names = listOf(subject?.CN);
  const name = names[0];
  // Two common names would let a signer and a reader disagree about who this is.
  if (name === undefined || name === '' || names.length !== 1) return undefined;
  return { user: { name, groups: listOf(subject?.O) }, expiresAt: Date.parse(certificate.valid_to) };
}

/**
 * The user of a request, or undefined (401). A valid client certificate wins; else a bearer token.
 */
export class Authenticator {
  constructor(
    private readonly tokens: TokenAuthenticator,
    private readonly clock: Clock,
  ) {}

  async authenticate(peer: PeerIdentity | undefined, authorization: string | undefined): Promise<UserInfo | undefined> {
    if (peer && peer.expiresAt > this.clock.now()) return authenticated(peer.user);
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    const user = token === undefined ? undefined : await this.tokens.authenticate(token);
    return user && authenticated(user);
  }
}
