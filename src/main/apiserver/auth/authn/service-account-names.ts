import { dns1123Label, dns1123Subdomain } from '../../../resources/validation/names.ts';

const PREFIX = 'system:serviceaccount:';
/** The group of every service account. */
export const SERVICE_ACCOUNTS_GROUP = 'system:serviceaccounts';

/** `system:serviceaccount:NAMESPACE:NAME` */
export const serviceAccountUserName = (namespace: string, name: string): string => `${PREFIX}${namespace}:${name}`;

/** All service accounts, and all of the namespace. */
export const serviceAccountGroups = (namespace: string): string[] => [
  SERVICE_ACCOUNTS_GROUP,
  `${SERVICE_ACCOUNTS_GROUP}:${namespace}`,
];

/** The account a user name stands for; undefined for any other user (upstream's serviceaccount.SplitUsername). */
export function splitServiceAccountUserName(user: string): { namespace: string; name: string } | undefined {
  if (!user.startsWith(PREFIX)) return undefined;
  const [namespace = '', name = '', ...rest] = user.slice(PREFIX.length).split(':');
  if (rest.length > 0 || dns1123Label(namespace).length > 0 || dns1123Subdomain(name).length > 0) return undefined;
  return { namespace, name };
}
