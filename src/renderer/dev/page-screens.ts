import type { Page } from '@playwright/test';

/** The pages of single objects, the wizard and the editor, in every state worth a look. */

export interface Screen {
  name: string;
  hash: string;
  act?: (page: Page) => Promise<void>;
}

const manifests =
  'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  LOG_LEVEL: info\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replica: 3\n  selector:\n    matchLabels: { app: web }\n  template:\n    metadata:\n      labels: { app: web }\n    spec:\n      containers:\n        - name: web\n          ports:\n            - containerPort: eighty\n          image: nginx\n';

async function write(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Manifests' }).focus();
  await page.keyboard.insertText(text);
}

export const pageScreens: Screen[] = [
  { name: 'pod-crash', hash: '#/ns/lab/pods/api-7d9f8c5b4d-x2k4p?tab=summary' },
  { name: 'pod-image', hash: '#/ns/lab/pods/web-5c7bd9f4-wrong?tab=summary' },
  { name: 'pod-pending', hash: '#/ns/lab/pods/train-gpu-0?tab=summary' },
  { name: 'pod-well', hash: '#/ns/lab/pods/cart-6b8c-well?tab=summary' },
  {
    name: 'pod-logs',
    hash: '#/ns/lab/pods/cart-6b8c-well?tab=logs',
    act: async (page) => {
      await page.getByText('60,001 lines').waitFor();
      await page.getByRole('searchbox').fill('error');
      await page.keyboard.press('Enter');
      await page.getByText('1 of 8,572').waitFor();
    },
  },
  {
    name: 'pod-logs-end',
    hash: '#/ns/lab/pods/cart-6b8c-well?tab=logs',
    act: async (page) => {
      await page.getByRole('button', { name: 'Wrap long lines' }).click();
      await page.getByText('a line that never seems to end').waitFor();
    },
  },
  {
    name: 'pod-terminal',
    hash: '#/ns/lab/pods/cart-6b8c-well?tab=terminal',
    act: async (page) => {
      await page.getByText('Connected to app').waitFor();
      await page.keyboard.type('ls -l /etc');
      await page.locator('.xterm-rows, canvas').first().waitFor();
    },
  },
  {
    name: 'pod-terminal-ended',
    hash: '#/ns/lab/pods/cart-6b8c-well?tab=terminal',
    act: async (page) => {
      await page.getByText('Connected to app').waitFor();
      await page.keyboard.press('Control+d');
      await page.getByText('exit code 130').waitFor();
    },
  },
  {
    name: 'pod-dock',
    hash: '#/ns/lab/pods/api-7d9f8c5b4d-x2k4p?tab=summary',
    act: async (page) => {
      await page.getByRole('heading', { name: 'api-7d9f8c5b4d-x2k4p' }).waitFor();
      await page.keyboard.press('l');
      await page.getByText('60,001 lines').waitFor();
    },
  },
  { name: 'machine-add', hash: '#/machines/add' },
  {
    name: 'machine-add-key',
    hash: '#/machines/add',
    act: async (page) => {
      await page.getByRole('textbox', { name: 'Address' }).fill('ssh -p 2222 -i ~/.ssh/rack deploy@10.0.0.5');
      await page.getByRole('radio', { name: 'Private key' }).check();
      await page.getByRole('textbox', { name: 'Private key' }).fill('ssh-ed25519 AAAAC3Nz me@here');
      await page.getByRole('button', { name: 'Add machine' }).click();
      await page.getByText('This is the public half').waitFor();
    },
  },
  {
    name: 'machine-add-several',
    hash: '#/machines/add',
    act: async (page) => {
      await page
        .getByRole('textbox', { name: 'Address' })
        .fill('root@10.0.0.5\nroot@10.0.0.6:2222\nssh -J gate root@db.rack2');
      await page.getByText('3 machines, and').waitFor();
    },
  },
  ...['consent', 'changed', 'refused', 'checks', 'install'].map((state) => ({
    name: `join-${state}`,
    hash: `#/machines/add?join=rack-${state}`,
  })),
  { name: 'join-several', hash: '#/machines/add?join=rack-install,rack-consent,wh-1' },
  {
    name: 'join-edit',
    hash: '#/machines/add?join=rack-refused',
    act: async (page) => {
      await page.getByRole('button', { name: 'Change address or sign-in' }).click();
      await page.getByRole('checkbox', { name: 'Sign in with something else' }).check();
      await page.getByRole('radio', { name: 'Password' }).check();
    },
  },
  {
    name: 'join-replace',
    hash: '#/machines/add?join=rack-changed',
    act: async (page) => {
      await page.getByRole('button', { name: 'Replace the agreed key' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  { name: 'machine-ready', hash: '#/machines/wh-1' },
  { name: 'machine-leaving', hash: '#/machines/rack-leaving' },
  {
    name: 'machine-remove',
    hash: '#/machines/wh-1',
    act: async (page) => {
      await page.getByRole('button', { name: 'Remove', exact: true }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  { name: 'first-run', hash: '#/first-run' },
  { name: 'apply-empty', hash: '#/apply' },
  {
    name: 'apply-syntax',
    hash: '#/apply',
    act: async (page) => {
      await write(page, 'apiVersion: v1\nkind: Pod\nmetadata:\n\tname: tab\nspec: {}\n');
      await page.getByText('not valid YAML yet').waitFor();
    },
  },
  {
    name: 'apply-results',
    hash: '#/apply',
    act: async (page) => {
      await write(page, manifests);
      await page.keyboard.press('Control+Enter');
      await page.getByText('1 created, 1 failed').waitFor();
    },
  },
];
