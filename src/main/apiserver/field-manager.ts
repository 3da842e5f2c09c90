import type { ApiCall } from './api-call.ts';

/** validation.FieldManagerMaxLength, in bytes. */
const LONGEST = 128;

/** Who a write belongs to: `fieldManager`, else what the User-Agent has before the first `/` (managerOrUserAgent). */
export function fieldManagerOf({ query, userAgent = '' }: Pick<ApiCall, 'query' | 'userAgent'>): string {
  const named = query.get('fieldManager');
  if (named) return named;
  let manager = '';
  let bytes = 0;
  for (const character of userAgent.split('/', 1)[0] ?? '') {
    if (/[\p{C}\p{Zl}\p{Zp}]/u.test(character)) continue;
    bytes += Buffer.byteLength(character);
    if (bytes > LONGEST) break;
    manager += character;
  }
  return manager;
}
