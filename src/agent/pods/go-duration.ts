/** A duration as Go prints it, which is how it stands in Kubernetes' messages: `823ms`, `1.5s`, `1m20s`, `5m0s`. */
export function goDuration(milliseconds: number): string {
  const ms = Math.round(milliseconds);
  if (ms === 0) return '0s';
  if (ms < 1000) return `${ms}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = (ms % 60_000) / 1000;
  return [hours ? `${hours}h` : '', hours || minutes ? `${minutes}m` : '', `${seconds}s`].join('');
}
