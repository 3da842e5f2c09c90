import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chromium } from '@playwright/test';
import { pageScreens, type Screen } from './page-screens.ts';
import { startScriptedServer } from './server.ts';

/** Takes a picture of every page in each theme and size, and fails on any page error. */

const folder = resolve(process.argv[2] ?? 'screens');
const only = process.argv[3];
mkdirSync(folder, { recursive: true });

const screens: Screen[] = [
  { name: 'overview', hash: '#/overview' },
  { name: 'pods', hash: '#/pods' },
  {
    name: 'pods-peek',
    hash: '#/ns/shop/pods?f.state=failing',
    act: async (page) => {
      await page.getByRole('grid').focus();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('x');
      await page.keyboard.press('Space');
      await page.getByRole('complementary').waitFor();
    },
  },
  {
    name: 'row-menu',
    hash: '#/deployments',
    act: async (page) => {
      await page.getByRole('button', { name: 'Actions of api' }).first().click();
      await page.getByRole('menu').waitFor();
    },
  },
  { name: 'deployments', hash: '#/deployments' },
  { name: 'deployment', hash: '#/ns/shop/deployments/web' },
  {
    name: 'scale',
    hash: '#/ns/shop/deployments/web',
    act: async (page) => {
      await page.getByRole('button', { name: 'Scale', exact: true }).click();
      await page.getByLabel('Replicas').fill('7');
    },
  },
  {
    name: 'roll-back',
    hash: '#/ns/shop/deployments/web',
    act: async (page) => {
      await page.getByRole('button', { name: 'Roll back' }).click();
      await page.getByRole('radiogroup').waitFor();
    },
  },
  {
    name: 'delete',
    hash: '#/namespaces',
    act: async (page) => {
      await page.getByRole('button', { name: 'Actions of shop' }).click();
      await page.getByRole('menuitem', { name: 'Delete' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'yaml-dock',
    hash: '#/ns/shop/deployments/web',
    act: async (page) => {
      await page.getByRole('heading', { name: 'web' }).waitFor();
      await page.keyboard.press('e');
      await page.getByRole('textbox', { name: /YAML of Deployment web/ }).waitFor();
    },
  },
  { name: 'yaml', hash: '#/ns/shop/deployments/web?tab=yaml' },
  { name: 'nodes', hash: '#/nodes' },
  { name: 'node', hash: '#/nodes/wh-1' },
  { name: 'machines', hash: '#/machines' },
  { name: 'secret', hash: '#/ns/shop/secrets/api-database' },
  { name: 'configmaps', hash: '#/configmaps' },
  { name: 'events', hash: '#/events' },
  { name: 'problems', hash: '#/problems' },
  { name: 'empty', hash: '#/ns/kube-public/pods' },
  { name: 'absent', hash: '#/ns/shop/deployments/nothing' },
  {
    name: 'palette',
    hash: '#/pods',
    act: async (page) => {
      await page.getByRole('grid').waitFor();
      await page.keyboard.press('Control+k');
      await page.getByPlaceholder('A name, a place, or what to do').fill('api');
      await page.getByText('Deployment · shop').first().waitFor();
    },
  },
  {
    name: 'keys',
    hash: '#/pods',
    act: async (page) => {
      await page.getByRole('grid').waitFor();
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
    },
  },
  ...pageScreens,
];

const server = await startScriptedServer(resolve('node_modules/.cache/wheelhouse-screens'));
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
const errors: string[] = [];
try {
  for (const [theme, width, height] of [
    ['light', 1440, 900],
    ['dark', 1440, 900],
    ['light', 1024, 700],
    ['dark', 1024, 700],
  ] as const) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme });
    const page = await context.newPage();
    page.on('pageerror', (error) => errors.push(`${page.url()}: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') errors.push(`${page.url()}: ${message.text()}`);
    });
    for (const screen of screens) {
      if (only && !only.split(',').some((part) => screen.name.startsWith(part))) continue;
      await page.goto('about:blank');
      await page.goto(server.url + screen.hash);
      await page.getByText('live ·').waitFor();
      await page.waitForLoadState('networkidle');
      await screen.act?.(page);
      await page.screenshot({ path: join(folder, `${screen.name}-${theme}-${width}.png`) });
      await page.evaluate(() => localStorage.clear());
    }
    await context.close();
  }
} finally {
  await browser.close();
  server.close();
}
for (const error of errors) console.error(error);
console.log(`${errors.length} page errors`);
process.exitCode = errors.length > 0 ? 1 : 0;
