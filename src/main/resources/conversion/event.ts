import type { Event, EventsV1 } from '../../../shared/api/kinds.ts';

/** Fields that both versions have under one name. */
const SAME = ['metadata', 'eventTime', 'series', 'reportingInstance', 'action', 'reason', 'related', 'type'] as const;
/** events.k8s.io/v1's name, and core/v1's, of one and the same field (pkg/apis/events/v1/conversion.go). */
const RENAMED = [
  ['regarding', 'involvedObject'],
  ['note', 'message'],
  ['reportingController', 'reportingComponent'],
  ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
] as const satisfies readonly (readonly [keyof EventsV1, keyof Event])[];

type Fields = Readonly<Record<string, unknown>>;

function renamed(object: Fields, names: readonly (readonly [from: string, to: string])[]): Fields {
  const fields = [...SAME.map((name) => [name, name] as const), ...names];
  return Object.fromEntries(
    fields.flatMap(([from, to]) => (object[from] === undefined ? [] : [[to, object[from]] as const])),
  );
}

/** events.k8s.io/v1 as core/v1. */
export const eventFromV1 = (event: EventsV1): Event =>
  ({
    apiVersion: 'v1',
    kind: 'Event',
    involvedObject: {},
    ...renamed(event as unknown as Fields, RENAMED),
  }) as unknown as Event;

const BACK = RENAMED.map(([ours, core]) => [core, ours] as const);

/** core/v1 as events.k8s.io/v1. */
export const eventToV1 = (event: Event): EventsV1 =>
  ({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    ...renamed(event as unknown as Fields, BACK),
  }) as unknown as EventsV1;
