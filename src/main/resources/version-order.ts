const VERSION = /^v(\d+)(?:(alpha|beta)(\d+))?$/;
const STAGES = ['alpha', 'beta', ''];

/**
 * Which version of an API comes first (apimachinery `CompareKubeAwareVersionStrings`): stable before beta before alpha, the
 * newer before the older, and what is no such version last, by its letters.
 */
export function compareVersions(left: string, right: string): number {
  const a = VERSION.exec(left);
  const b = VERSION.exec(right);
  if (!a || !b) return a ? -1 : b ? 1 : left < right ? -1 : left > right ? 1 : 0;
  return (
    STAGES.indexOf(b[2] ?? '') - STAGES.indexOf(a[2] ?? '') ||
    Number(b[1]) - Number(a[1]) ||
    Number(b[3] ?? 0) - Number(a[3] ?? 0)
  );
}
