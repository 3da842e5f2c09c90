import { badRequest } from '../../../shared/api/errors.ts';
import { isPlainObject } from './plain-object.ts';

/** Where a paged list goes on. `revision` -1: at the present state, after the first page's was compacted. */
export interface Continuation {
  revision: number;
  /** Key relative to the list's prefix: the last one already given. */
  after: string;
}

/** Upstream's token: base64 of `{"v":"meta.k8s.io/v1","rv":N,"start":"KEY\0"}`. */
export function encodeContinue({ revision, after }: Continuation): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: `${after}\0` })).toString('base64url');
}

/** Throws 400 on a token that was not made here. The key stays inside the list's prefix by construction. */
export function decodeContinue(token: string): Continuation {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(token, 'base64url').toString());
  } catch (error) {
    throw badRequest(`continue key is not valid: ${error instanceof Error ? error.message : 'unreadable'}`);
  }
  if (!isPlainObject(value) || value['v'] !== 'meta.k8s.io/v1')
    throw badRequest('continue key is not valid: server does not recognize this encoded version');
  const { rv, start } = value;
  if (typeof rv !== 'number' || !Number.isSafeInteger(rv) || (rv < 1 && rv !== -1))
    throw badRequest('continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  if (typeof start !== 'string' || start.length < 2 || !start.endsWith('\0') || start.split('/').includes('..'))
    throw badRequest('continue key is not valid: encoded start key empty (version meta.k8s.io/v1)');
  return { revision: rv, after: start.slice(0, -1) };
}
