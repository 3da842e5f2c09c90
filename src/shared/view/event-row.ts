import type { Event } from '../api/kinds.ts';
import { rowBase } from './row-base.ts';
import type { EventRow } from './rows.ts';

/** An Event as a list shows it; both the old fields (count, lastTimestamp) and the new (series, eventTime) are read. */
export function eventRow(event: Event): EventRow {
  const { involvedObject: about, series, type = 'Normal' } = event;
  const base = rowBase(event);
  const { source, reportingComponent } = event;
  return {
    resource: 'events',
    ...base,
    state: { kind: type === 'Normal' ? 'healthy' : 'warning', word: type },
    type,
    reason: event.reason ?? '',
    message: event.message ?? '',
    about: `${about?.kind ?? ''}/${about?.name ?? ''}`,
    aboutUid: about?.uid ?? '',
    count: series?.count ?? event.count ?? 1,
    lastSeen:
      series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? event.firstTimestamp ?? base.createdAt,
    source: source?.component || reportingComponent || '',
  };
}
