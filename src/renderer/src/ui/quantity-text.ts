/** Numbers as people read them. CPU in cores, memory and disk in binary units, as Kubernetes counts both. */

const UNITS = ['B', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi'] as const;

/** Three significant digits at most, without trailing zeros: `0.25`, `12.5`, `128`. */
function brief(value: number): string {
  if (value >= 100) return String(Math.round(value));
  return String(Number(value.toPrecision(value >= 10 ? 3 : 2)));
}

/** Cores: `0.25`, `1.5`, `0.003`; `0` when there is none. */
export function coresText(cores: number): string {
  if (!Number.isFinite(cores) || cores <= 0) return '0';
  if (cores < 0.001) return '< 0.001';
  return cores < 1 ? String(Number(cores.toFixed(3))) : brief(cores);
}

/** Bytes: `96 Mi`, `1.5 Gi`, `512 B`. */
export function bytesText(bytes: number): string {
  if (!Number.isFinite(bytes) || bytes <= 0) return '0';
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${brief(bytes / 2 ** (10 * power))} ${UNITS[power] ?? 'B'}`;
}

/** A share as whole percent: `42 %`; `—` when there is nothing to share. */
export function percentText(part: number, whole: number): string {
  return whole > 0 ? `${Math.round((part / whole) * 100)} %` : '—';
}

/** `1 pod`, `3 pods`. */
export function countText(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}
