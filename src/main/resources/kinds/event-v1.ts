import { EVENTS, EVENTS_V1, type Event, type EventsV1 } from '../../../shared/api/kinds.ts';
import { convertedColumns } from '../columns/converted-columns.ts';
import { eventFromV1, eventToV1 } from '../conversion/event.ts';
import type { KindDefinition } from '../definition.ts';
import { validateEvent, validateEventUpdate, validateNewEvent } from '../validation/event.ts';
import { eventKind } from './event.ts';

const core = eventKind.selectableFields;
const read = (field: string) => {
  const reader = core[field];
  return (event: EventsV1): string => reader?.(eventFromV1(event)) ?? '';
};
const REFERENCE = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];

/** The same events as core/v1's, with the fields that newer clients use. */
export const eventV1Kind: KindDefinition<EventsV1> = {
  type: EVENTS_V1,
  singular: 'event',
  shortNames: ['ev'],
  categories: [],
  schema: 'io.k8s.api.events.v1.Event',
  durability: 'coalesced',
  ...(eventKind.ttlSeconds === undefined ? {} : { ttlSeconds: eventKind.ttlSeconds }),
  storedAs: {
    group: EVENTS.group,
    plural: EVENTS.plural,
    toStored: eventFromV1,
    fromStored: (stored) => eventToV1(stored as Event),
  },
  hasStatus: false,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: true,
  setDefaults() {
    // Events have no defaults.
  },
  validate: (event) => validateEvent(eventFromV1(event), 'reportingController'),
  validateCreate: (event) => validateNewEvent(eventFromV1(event)),
  validateUpdate: (event, old) => validateEventUpdate(eventFromV1(event), eventFromV1(old)),
  selectableFields: Object.fromEntries([
    ...REFERENCE.map((field) => [`regarding.${field}`, read(`involvedObject.${field}`)] as const),
    ['reason', read('reason')],
    ['reportingController', read('reportingComponent')],
    ['type', read('type')],
  ]),
  columns: convertedColumns(eventKind.columns, eventFromV1),
};
