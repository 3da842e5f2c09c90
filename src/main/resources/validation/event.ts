import type { Event } from '../../../shared/api/kinds.ts';
import type { FieldError } from './field-error.ts';
import { complaintsAbout, immutable, invalidValue, required } from './fields.ts';
import { dns1123Subdomain, qualifiedName } from './names.ts';

const LONGEST_WORD = 128;
const LONGEST_NOTE = 1024;

const tooManyCharacters = (field: string, limit: number): FieldError =>
  invalidValue(field, '', `can have at most ${limit} characters`);

/**
 * What holds for events of both groups (core/validation legacyValidateEvent). One with an eventTime is of the newer
 * sort, and says more about who reports it. `reporter` is what the version calls the reporting controller.
 */
export function validateEvent(event: Event, reporter: 'reportingComponent' | 'reportingController'): FieldError[] {
  const about = event.involvedObject?.namespace ?? '';
  const own = event.metadata?.namespace ?? '';
  const misplaced = invalidValue('involvedObject.namespace', about, 'does not match event.namespace');
  if (event.eventTime === undefined) {
    const matches = about === '' ? own === '' || own === 'default' : own === about;
    return [...(matches ? [] : [misplaced]), ...complaintsAbout('namespace', own, dns1123Subdomain(own))];
  }
  const inPlace = about !== '' || own === 'default' || own === 'kube-system';
  const { reportingComponent = '', reportingInstance = '', action = '', reason = '', message = '' } = event;
  return [
    ...(inPlace ? [] : [misplaced]),
    ...(reportingComponent === '' ? [required(reporter)] : []),
    ...complaintsAbout(reporter, reportingComponent, qualifiedName(reportingComponent)),
    ...validateWord('reportingInstance', reportingInstance),
    ...validateWord('action', action),
    ...validateWord('reason', reason),
    ...(message.length > LONGEST_NOTE ? [tooManyCharacters('message', LONGEST_NOTE)] : []),
    ...complaintsAbout('namespace', own, dns1123Subdomain(own)),
  ];
}

function validateWord(field: string, word: string): FieldError[] {
  if (word === '') return [required(field)];
  return word.length > LONGEST_WORD ? [tooManyCharacters(field, LONGEST_WORD)] : [];
}

/** The further rules of events.k8s.io/v1 for a new event (ValidateEventCreate): none of the old fields is used. */
export function validateNewEvent(event: Event): FieldError[] {
  const { eventTime, type, firstTimestamp, lastTimestamp, count, source } = event;
  const unset = (field: string, isSet: boolean): FieldError[] =>
    isSet ? [invalidValue(field, '', 'needs to be unset')] : [];
  return [
    ...validateSeries(event),
    ...(eventTime === undefined ? [required('eventTime')] : []),
    ...(type === 'Normal' || type === 'Warning' ? [] : [invalidValue('type', '', `has invalid value: ${type ?? ''}`)]),
    ...unset('firstTimestamp', firstTimestamp !== undefined),
    ...unset('lastTimestamp', lastTimestamp !== undefined),
    ...unset('count', Boolean(count)),
    ...unset('source', Boolean(source?.component) || Boolean(source?.host)),
  ];
}

function validateSeries({ series }: Event): FieldError[] {
  if (!series) return [];
  return [
    ...((series.count ?? 0) < 2 ? [invalidValue('series.count', '', 'should be at least 2')] : []),
    ...(series.lastObservedTime === undefined ? [required('series.lastObservedTime')] : []),
  ];
}

const FIXED = ['involvedObject', 'reason', 'message', 'source', 'firstTimestamp', 'lastTimestamp', 'count'] as const;
const FIXED_LATER = ['reportingInstance', 'type', 'eventTime', 'action'] as const;

/** Of an event of events.k8s.io/v1 only the series may change (ValidateEventUpdate). */
export function validateEventUpdate(event: Event, old: Event): FieldError[] {
  const seriesChanged = immutable('series', event.series, old.series).length > 0;
  return [
    ...(seriesChanged ? validateSeries(event) : []),
    ...FIXED.flatMap((field) => immutable(field, event[field], old[field])),
    ...immutable('related', event.related, old.related),
    ...immutable('reportingController', event.reportingComponent, old.reportingComponent),
    ...FIXED_LATER.flatMap((field) => immutable(field, event[field], old[field])),
  ];
}
