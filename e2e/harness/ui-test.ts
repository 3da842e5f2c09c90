// Playwright's `test` with what the specs share: one testbed for the whole run, and screens that keep complaints.
import { mkdtemp } from 'node:fs/promises';
import { test as base } from '@playwright/test';
import { downTestbed, upTestbed, type TestbedStatus } from '../testbed/testbed.ts';

export { expect } from '@playwright/test';

interface Shared {
  /** Machines `wh-1` and `wh-2`, which have Docker, and `wh-3`, which has none. Up once for all specs. */
  testbed: TestbedStatus;
}

export const test = base.extend<object, Shared>({
  testbed: [
    // Playwright reads from this pattern what the fixture depends on: nothing.
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      // The machines' disks need a real file system, which /tmp may not be.
      const dir = await mkdtemp('/var/tmp/wheelhouse-specs-');
      const testbed = await upTestbed({ machines: 3, withoutDocker: ['wh-3'], dir });
      try {
        await use(testbed);
      } finally {
        await downTestbed(dir);
      }
    },
    { scope: 'worker', timeout: 180_000 },
  ],
});
