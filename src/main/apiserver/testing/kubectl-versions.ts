import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** The kubectl in PATH; undefined when there is none. */
export const KUBECTL: string | undefined = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((directory) => join(directory, 'kubectl'))
  .find((path) => existsSync(path));

/** A kubectl of this minor version, as Google Cloud's SDK keeps them beside the one in PATH: `kubectl.1.27`. */
export function kubectlOf(version: string): string | undefined {
  if (!KUBECTL) return undefined;
  const path = join(dirname(realpathSync(KUBECTL)), `kubectl.${version}`);
  return existsSync(path) ? path : undefined;
}
