import { OWNED_CONDITIONS } from './conditions.ts';
import type { PodStatus } from './pod-status.ts';

/** Our status with what in the API's is not ours: others' conditions, an end somebody else declared, and its reason. */
export function mergeForeign(own: PodStatus, shown: PodStatus): PodStatus {
  const foreign = (shown.conditions ?? []).filter(({ type }) => !OWNED_CONDITIONS.has(type));
  // An eviction of ours is news to the API until it has been told.
  const isNews = (type: string): boolean =>
    type === 'DisruptionTarget' && !foreign.some((condition) => condition.type === type);
  const mine = (own.conditions ?? []).filter(({ type }) => OWNED_CONDITIONS.has(type) || isNews(type));
  const ended = shown.phase === 'Failed' || shown.phase === 'Succeeded';
  return {
    ...own,
    ...(ended ? { phase: shown.phase } : {}),
    ...(shown.reason ? { reason: shown.reason } : {}),
    ...(shown.message ? { message: shown.message } : {}),
    ...(shown.nominatedNodeName ? { nominatedNodeName: shown.nominatedNodeName } : {}),
    ...(shown.startTime ? { startTime: shown.startTime } : {}),
    conditions: [...mine, ...foreign],
  };
}

/** Whether two statuses say the same, whatever the order of their fields. */
export const sameStatus = (a: PodStatus, b: PodStatus): boolean => canonical(a) === canonical(b);

/** JSON with sorted keys and without what is empty: a server may leave `{}` and null out, or put them in. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    const entries = Object.entries(part).filter(([, each]) => each !== null && !isEmptyObject(each));
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

const isEmptyObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
