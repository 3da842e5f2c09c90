const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/;

/**
 * A time as Go re-writes it: UTC, whole seconds (`metav1.Time`) or microseconds (`metav1.MicroTime`).
 * Undefined when it is no RFC 3339 time, dates that do not exist included.
 */
export function canonicalTime(text: string, precision: 'second' | 'microsecond'): string | undefined {
  const match = RFC3339.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction = ''] = match.map((part) => part ?? '');
  const milliseconds = Date.parse(text.replace(/\.\d+/, ''));
  if (Number.isNaN(milliseconds)) return undefined;
  const lastDay = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  if (Number(day) > lastDay || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const seconds = new Date(milliseconds).toISOString().slice(0, 19);
  return precision === 'second' ? `${seconds}Z` : `${seconds}.${fraction.slice(0, 6).padEnd(6, '0')}Z`;
}

/** What Go's time.Parse says about text that is no RFC 3339 time. */
export const timeParseError = (text: string): string =>
  `parsing time ${JSON.stringify(text)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(text)} as "2006"`;
