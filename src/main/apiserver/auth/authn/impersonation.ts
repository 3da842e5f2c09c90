import { internalError } from '../../../../shared/api/errors.ts';
import { refusal, type Attributes, type Authorizer } from '../authorizer.ts';
import { AUTHENTICATED_GROUP, type UserInfo } from '../user.ts';
import { serviceAccountGroups, splitServiceAccountUserName } from './service-account-names.ts';

const USER = 'impersonate-user';
const UID = 'impersonate-uid';
const GROUP = 'impersonate-group';
const EXTRA = 'impersonate-extra-';
const ANONYMOUS = 'system:anonymous';
const UNAUTHENTICATED_GROUP = 'system:unauthenticated';

/** Whom a request wants to be taken for. */
export interface WantedUser {
  name: string;
  uid: string;
  groups: readonly string[];
  /** Lower-case keys. */
  extra: Readonly<Record<string, readonly string[]>>;
}

/**
 * Reads the Impersonate-* headers, as they came: names and values in turn. Undefined when there are none; throws when
 * there are, and no user among them (upstream answers 500).
 */
export function wantedUserOf(rawHeaders: readonly string[]): WantedUser | undefined {
  let name = '';
  let uid = '';
  const groups: string[] = [];
  const extra: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const header = (rawHeaders[index] ?? '').toLowerCase();
    const value = rawHeaders[index + 1] ?? '';
    if (header === USER) name ||= value;
    else if (header === UID) uid ||= value;
    else if (header === GROUP) groups.push(value);
    else if (header.startsWith(EXTRA)) (extra[unescaped(header.slice(EXTRA.length))] ??= []).push(value);
  }
  if (name !== '') return { name, uid, groups, extra };
  if (uid === '' && groups.length === 0 && Object.keys(extra).length === 0) return undefined;
  throw internalError(`requested ${JSON.stringify({ uid, groups, extra })} without impersonating a user`);
}

function unescaped(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch (error) {
    // Old clients sent keys as they are.
    if (error instanceof URIError) return key;
    throw error;
  }
}

/**
 * The user a request goes on as, when its own user may impersonate each part of it. Throws the 403 of the first part it
 * may not (apiserver/pkg/endpoints/filters/impersonation).
 */
export async function impersonated(authorizer: Authorizer, requestor: UserInfo, wanted: WantedUser): Promise<UserInfo> {
  for (const attributes of partsOf(requestor, wanted)) {
    const { verdict, reason } = await authorizer.authorize(attributes);
    if (verdict !== 'allow') throw refusal(attributes, reason);
  }
  return {
    name: wanted.name,
    groups: groupsOf(wanted),
    ...(wanted.uid === '' ? {} : { uid: wanted.uid }),
    ...(Object.keys(wanted.extra).length > 0 ? { extra: wanted.extra } : {}),
  };
}

/** One question to the authorizer a part. */
function* partsOf(user: UserInfo, wanted: WantedUser): Generator<Attributes> {
  const ask = (part: Partial<Attributes>): Attributes => ({
    user,
    verb: 'impersonate',
    resourceRequest: true,
    apiGroup: '',
    apiVersion: 'v1',
    resource: '',
    subresource: '',
    namespace: '',
    name: '',
    path: '',
    fieldTerms: [],
    ...part,
  });
  const account = splitServiceAccountUserName(wanted.name);
  yield account ? ask({ resource: 'serviceaccounts', ...account }) : ask({ resource: 'users', name: wanted.name });
  for (const name of wanted.groups) yield ask({ resource: 'groups', name });
  const apiGroup = 'authentication.k8s.io';
  for (const [subresource, values] of Object.entries(wanted.extra))
    for (const name of values) yield ask({ apiGroup, resource: 'userextras', subresource, name });
  if (wanted.uid !== '') yield ask({ apiGroup, resource: 'uids', name: wanted.uid });
}

/** The groups that were asked for; a service account's own when none were, and everyone's who is somebody. */
function groupsOf({ name, groups }: WantedUser): string[] {
  const account = splitServiceAccountUserName(name);
  const all = groups.length === 0 && account ? serviceAccountGroups(account.namespace) : [...groups];
  if (name === ANONYMOUS) return all.includes(UNAUTHENTICATED_GROUP) ? all : [...all, UNAUTHENTICATED_GROUP];
  return all.includes(AUTHENTICATED_GROUP) || all.includes(UNAUTHENTICATED_GROUP) ? all : [...all, AUTHENTICATED_GROUP];
}
