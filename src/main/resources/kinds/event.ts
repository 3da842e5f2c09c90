import { EVENTS, type Event } from '../../../shared/api/kinds.ts';
import { printAge } from '../columns/age.ts';
import { column, fieldDoc, nameColumn, wideColumn } from '../columns/columns.ts';
import type { KindDefinition } from '../definition.ts';
import { validateEvent } from '../validation/event.ts';

const SCHEMA = 'io.k8s.api.core.v1.Event';
const REFERENCE = 'io.k8s.api.core.v1.ObjectReference';
/** How long upstream keeps events. */
const ONE_HOUR_SECONDS = 3600;

const firstSeen = (event: Event): string | undefined => event.firstTimestamp ?? event.eventTime;
const lastSeen = (event: Event): string | undefined =>
  event.series?.lastObservedTime ?? event.lastTimestamp ?? firstSeen(event);

function sourceOf(event: Event): string {
  const component = event.source?.component || event.reportingComponent || '';
  const host = event.source?.host || event.reportingInstance || '';
  return host === '' ? component : `${component}, ${host}`;
}

function targetOf({ involvedObject }: Event): string {
  const kind = involvedObject?.kind?.toLowerCase() ?? '';
  return involvedObject?.name ? `${kind}/${involvedObject.name}` : kind;
}

const about = (field: 'kind' | 'namespace' | 'name' | 'uid' | 'apiVersion' | 'resourceVersion' | 'fieldPath') => {
  return (event: Event): string => event.involvedObject?.[field] ?? '';
};

export const eventKind: KindDefinition<Event> = {
  type: EVENTS,
  singular: 'event',
  shortNames: ['ev'],
  categories: [],
  schema: SCHEMA,
  durability: 'coalesced',
  ttlSeconds: ONE_HOUR_SECONDS,
  hasStatus: false,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: true,
  setDefaults() {
    // Events have no defaults.
  },
  validate: (event) => validateEvent(event, 'reportingComponent'),
  selectableFields: {
    'involvedObject.kind': about('kind'),
    'involvedObject.namespace': about('namespace'),
    'involvedObject.name': about('name'),
    'involvedObject.uid': about('uid'),
    'involvedObject.apiVersion': about('apiVersion'),
    'involvedObject.resourceVersion': about('resourceVersion'),
    'involvedObject.fieldPath': about('fieldPath'),
    reason: (event) => event.reason ?? '',
    reportingComponent: (event) => event.reportingComponent ?? '',
    source: (event) => event.source?.component || event.reportingComponent || '',
    type: (event) => event.type ?? '',
  },
  columns: [
    column('Last Seen', 'string', fieldDoc(SCHEMA, 'lastTimestamp'), (event, now) => printAge(lastSeen(event), now)),
    column('Type', 'string', fieldDoc(SCHEMA, 'type'), (event) => event.type ?? ''),
    column('Reason', 'string', fieldDoc(SCHEMA, 'reason'), (event) => event.reason ?? ''),
    column('Object', 'string', fieldDoc(SCHEMA, 'involvedObject'), targetOf),
    wideColumn('Subobject', 'string', fieldDoc(REFERENCE, 'fieldPath'), about('fieldPath')),
    wideColumn('Source', 'string', fieldDoc(SCHEMA, 'source'), sourceOf),
    column('Message', 'string', fieldDoc(SCHEMA, 'message'), (event) => (event.message ?? '').trim()),
    wideColumn('First Seen', 'string', fieldDoc(SCHEMA, 'firstTimestamp'), (event, now) =>
      printAge(firstSeen(event), now),
    ),
    wideColumn('Count', 'string', fieldDoc(SCHEMA, 'count'), (event) => event.series?.count || event.count || 1),
    { ...nameColumn(), priority: 1 },
  ],
};
