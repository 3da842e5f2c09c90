// What the end-to-end specs need from this computer, and the sentence that says what is missing.
import { existsSync } from 'node:fs';
import { testbedUnsupportedReason } from '../../scripts/system-packages.mjs';

/** Debian's Chromium: Playwright's own browsers are never downloaded. */
export const chromiumPath: string | undefined = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find(existsSync);

/** Why no spec can run, or undefined. */
export const noBrowser: string | undefined = chromiumPath ? undefined : 'there is no Chromium on this computer';

/** Why specs on real machines cannot run, or undefined. Tries namespaces and mounts: call it once. */
export function noMachines(): string | undefined {
  return process.env['WHEELHOUSE_NO_TESTBED'] ?? testbedUnsupportedReason();
}
