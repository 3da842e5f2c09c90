import type { UserInfo } from '../user.ts';

/** Whose a bearer token is, and which of the wanted audiences it is for. */
export interface BearerIdentity {
  user: UserInfo;
  audiences: readonly string[];
}
