import { defineConfig } from '@playwright/test';
import { chromiumPath } from './harness/requirements.ts';

export default defineConfig({
  testDir: '.',
  testMatch: 'specs/**/*.spec.ts',
  outputDir: '../test-results',
  timeout: 240_000,
  expect: { timeout: 20_000 },
  // The specs share two cores and, some of them, the testbed's machines.
  workers: 1,
  reporter: [['list'], ['json']],
  use: {
    browserName: 'chromium',
    actionTimeout: 20_000,
    viewport: { width: 1440, height: 900 },
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      ...(chromiumPath ? { executablePath: chromiumPath } : {}),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
