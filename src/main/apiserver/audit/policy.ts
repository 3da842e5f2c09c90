import type { RequestInfo } from '../request-info.ts';
import type { AuditLevel } from './event.ts';

/** `metadata`: who did what; `request`: with the bodies of writes. */
export type AuditMode = 'metadata' | 'request';

const READS: ReadonlySet<string> = new Set(['get', 'list', 'watch', 'head', 'options']);

/** Kept and renewed by the machines themselves, many times a minute: nobody's doing. */
const CHATTER: ReadonlySet<string> = new Set(['/events', 'events.k8s.io/events', 'coordination.k8s.io/leases']);

/** Bodies of these are, or may well be, secret. */
const SECRET_BODIES: ReadonlySet<string> = new Set([
  '/secrets',
  '/configmaps',
  '/serviceaccounts/token',
  'authentication.k8s.io/tokenreviews',
  'certificates.k8s.io/certificatesigningrequests',
]);

export const isRead = (verb: string): boolean => READS.has(verb);

const resourceOf = ({ apiGroup, resource }: RequestInfo): string => `${apiGroup}/${resource}`;

/**
 * How much of a request is written down; undefined for nothing. `info` is absent for a path that could not be read.
 * What was refused is always written.
 */
export function levelOf(
  mode: AuditMode,
  request: { info: RequestInfo | undefined; inProcess: boolean; code: number },
): AuditLevel | undefined {
  const { info, inProcess, code } = request;
  if (code === 401 || code === 403 || !info) return 'Metadata';
  const read = isRead(info.verb);
  // Discovery, health and versions; and what our own parts look at, which is everything, all the time.
  if (read && (inProcess || !info.resourceRequest)) return undefined;
  if (CHATTER.has(resourceOf(info))) return undefined;
  return mode === 'request' && !read && mayKeepBody(info) ? 'Request' : 'Metadata';
}

function mayKeepBody(info: RequestInfo): boolean {
  const resource = resourceOf(info);
  return !SECRET_BODIES.has(resource) && !SECRET_BODIES.has(`${resource}/${info.subresource}`);
}
