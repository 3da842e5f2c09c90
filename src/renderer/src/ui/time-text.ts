/** Times as people read them: relative in one unit, the exact one on hover. */

const STEPS: readonly [seconds: number, unit: string][] = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
];

/** A length of time in its largest whole unit: `12 s`, `5 min`, `3 h`, `2 d`. Below a second: `0 s`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  for (const [size, unit] of STEPS) if (seconds >= size) return `${Math.floor(seconds / size)} ${unit}`;
  return '0 s';
}

/** The age of data: tenths under ten seconds, then as `durationText`. */
export function ageOfDataText(ms: number): string {
  return ms < 10_000 ? `${(Math.max(0, ms) / 1000).toFixed(1)} s` : durationText(ms);
}

/** Counts down: `1:12`, `0:05`, `1:02:03`. */
export function countdownText(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  const rest = `${two(seconds % 60)}`;
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${rest}`;
}

// Made once: a formatter costs far more to make than to use, and tables write hundreds of times at a time.
const EXACT = new Intl.DateTimeFormat('en-GB', {
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
});
const TO_THE_SECOND = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const TO_THE_MINUTE = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });

/** Local date and time to the second, with the zone; empty for text that is no time. */
export function exactTime(iso: string): string {
  const ms = Date.parse(iso);
  return Number.isNaN(ms) ? '' : EXACT.format(ms);
}

/** `14:03:20`, or `14:03` without seconds: for axes and read-outs. */
export function clockTime(ms: number, withSeconds = true): string {
  return (withSeconds ? TO_THE_SECOND : TO_THE_MINUTE).format(ms);
}

/** The time now as Kubernetes writes it. */
export function isoNow(): string {
  return new Date().toISOString();
}
