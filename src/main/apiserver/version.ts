/** The Kubernetes version whose API is served, and our own after it. */
export const KUBERNETES_VERSION = 'v1.34.0';
export const GIT_VERSION = `${KUBERNETES_VERSION}+wheelhouse.0.1.0`;

/** The answer to /version (apimachinery version.Info). */
export function versionInfo(): Record<string, string> {
  return {
    major: '1',
    minor: '34',
    emulationMajor: '1',
    emulationMinor: '34',
    gitVersion: GIT_VERSION,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '2025-08-27T00:00:00Z',
    goVersion: `node ${process.version}`,
    compiler: 'v8',
    platform: `${process.platform === 'win32' ? 'windows' : process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  };
}
