/** What is remembered on this computer for the screen alone (sizes, columns, theme). Kept as JSON; losing it loses nothing else. */

const PREFIX = 'wheelhouse.';

/** The remembered value, or undefined when there is none or it cannot be read. The caller checks its shape. */
export function readPreference(key: string): unknown {
  const text = localStorage.getItem(PREFIX + key);
  if (text === null) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // Written by hand or by another version: as good as none.
    return undefined;
  }
}

export function writePreference(key: string, value: unknown): void {
  localStorage.setItem(PREFIX + key, JSON.stringify(value));
}

/** A remembered number within bounds, or the default. */
export function readNumber(key: string, fallback: number, bounds: { min: number; max: number }): number {
  const value = readPreference(key);
  return typeof value === 'number' && value >= bounds.min && value <= bounds.max ? value : fallback;
}
