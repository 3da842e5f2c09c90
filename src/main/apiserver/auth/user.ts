/** Who makes a request, as authentication found out. */
export interface UserInfo {
  readonly name: string;
  readonly groups: readonly string[];
  readonly uid?: string;
  /** What authentication found out besides: a token's pod and node, a certificate's fingerprint. */
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export const MASTERS_GROUP = 'system:masters';
export const NODES_GROUP = 'system:nodes';
export const AUTHENTICATED_GROUP = 'system:authenticated';
const NODE_USER_PREFIX = 'system:node:';

/** The user with the group every authenticated user is in. */
export function authenticated(user: UserInfo): UserInfo {
  return user.groups.includes(AUTHENTICATED_GROUP) ? user : { ...user, groups: [...user.groups, AUTHENTICATED_GROUP] };
}

/** The node a kubelet's user stands for; undefined for everyone else (upstream's default node identifier). */
export function nodeOf(user: UserInfo): string | undefined {
  return user.groups.includes(NODES_GROUP) && user.name.startsWith(NODE_USER_PREFIX)
    ? user.name.slice(NODE_USER_PREFIX.length)
    : undefined;
}
