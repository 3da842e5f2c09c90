import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { fileModeProtector, openSecretBox } from './secret-box.ts';
import { startUiServer, type UiServer } from './ui-server.ts';

let dir = '';
let ui: UiServer;
let connections = 0;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'wheelhouse-'));
  mkdirSync(join(dir, 'renderer', 'assets'), { recursive: true });
  writeFileSync(join(dir, 'renderer', 'index.html'), '<p>screen</p>');
  writeFileSync(join(dir, 'renderer', 'assets', 'a.js'), 'x');
  connections = 0;
  const box = await openSecretBox(join(dir, 'key'), fileModeProtector);
  ui = await startUiServer(
    {
      rendererDir: join(dir, 'renderer'),
      box,
      clock: { now: () => Date.now() },
      linkFile: join(dir, 'ui-link'),
      onConnection: () => (connections += 1),
    },
    { host: '127.0.0.1', port: 0 },
  );
});
afterEach(async () => {
  await ui.close();
  rmSync(dir, { recursive: true });
});

const open = (url: string, headers: Record<string, string> = {}) => fetch(url, { redirect: 'manual', headers });
const cookieOf = (response: Response) => (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
const root = () => ui.link().split('?')[0] ?? '';

test('a link signs in once; the session then opens the screen and the used link goes on for that browser', async () => {
  const link = ui.link();
  const first = await open(link);
  expect(first.status).toBe(303);
  const cookie = cookieOf(first);
  const page = await open(root(), { cookie });
  expect(await page.text()).toBe('<p>screen</p>');
  expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
  expect((await open(link)).status).toBe(401);
  expect((await open(link, { cookie })).status).toBe(303);
  expect(ui.link()).not.toBe(link);
  expect(readFileSync(join(dir, 'ui-link'), 'utf8').trim()).toBe(ui.link());
  expect(statSync(join(dir, 'ui-link')).mode & 0o777).toBe(0o600);
});

test('nothing without a session, nothing with a forged one, nothing outside the screen’s files', async () => {
  expect((await open(root())).status).toBe(401);
  expect((await open(`${root()}assets/a.js`)).status).toBe(401);
  expect((await open(root(), { cookie: 'wheelhouse_session=AAAA' })).status).toBe(401);
  const cookie = cookieOf(await open(ui.link()));
  expect((await open(`${root()}..%2fkey`, { cookie })).status).toBe(404);
});

test('a foreign Host header is refused (DNS rebinding)', async () => {
  const { port } = new URL(root());
  const status = await new Promise((resolve) => {
    request({ host: '127.0.0.1', port, headers: { host: `evil.example:${port}` } }, (response) =>
      resolve(response.statusCode),
    ).end();
  });
  expect(status).toBe(421);
});

test('the live socket needs the session and our own origin', async () => {
  const { port } = new URL(root());
  const cookie = cookieOf(await open(ui.link()));
  const connect = (headers: Record<string, string>) =>
    new Promise<string>((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/live`, { headers });
      socket.on('open', () => resolve('open'));
      socket.on('error', (error) => resolve(error.message));
    });
  const origin = `http://127.0.0.1:${port}`;
  expect(await connect({ origin })).toContain('401');
  expect(await connect({ cookie, origin: 'http://evil.example' })).toContain('401');
  expect(await connect({ cookie, origin })).toBe('open');
  expect(connections).toBe(1);
});
