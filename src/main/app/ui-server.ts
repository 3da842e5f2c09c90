import { randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, relative } from 'node:path';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Clock } from '../../shared/logger.ts';
import type { Endpoint } from './options.ts';
import type { SecretBox } from './secret-box.ts';

const SESSION_MS = 30 * 24 * 3600_000;
const COOKIE = 'wheelhouse_session';
/** A screen's frames are small; YAML of 5 MB is the largest thing it sends. */
const MAX_FRAME = 8 * 2 ** 20;

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** Nothing but our own files; styles may be inline because the editor and the terminal set theirs that way. */
export const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export interface UiServerDeps {
  rendererDir: string;
  box: SecretBox;
  clock: Clock;
  /** Holds a link that has not been used yet, mode 0600. */
  linkFile: string;
  /** A screen has connected. */
  onConnection(socket: WebSocket): void;
}

export interface UiServer {
  /** A link that signs one browser in, once. A new one takes its place as soon as it is used. */
  link(): string;
  close(): Promise<void>;
}

/** Serves the screen over HTTP on loopback: static files, and one WebSocket at `/live`, both behind a session. */
export async function startUiServer(deps: UiServerDeps, listen: Endpoint): Promise<UiServer> {
  const files = loadFiles(deps.rendererDir);
  const server = createServer((request, response) => answer(request, response));
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(listen.port, listen.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  // A page elsewhere that has its name resolve to loopback (DNS rebinding) still sends its own name as Host.
  const hosts = new Set([`${host}:${port}`, `localhost:${port}`, `127.0.0.1:${port}`]);
  let token = '';
  renewToken();

  function renewToken(): void {
    token = randomBytes(24).toString('base64url');
    writeFileSync(deps.linkFile, `${link()}\n`, { mode: 0o600 });
    chmodSync(deps.linkFile, 0o600);
  }

  function link(): string {
    return `http://${host}:${port}/?token=${token}`;
  }

  function signedIn(request: IncomingMessage): boolean {
    const sealed = /(?:^|;\s*)wheelhouse_session=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1];
    if (!sealed) return false;
    try {
      return Number(deps.box.open(COOKIE, Buffer.from(sealed, 'base64url')).toString()) > deps.clock.now();
    } catch {
      // Made with another key or tampered with: the same as none.
      return false;
    }
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    if (!hosts.has(request.headers.host ?? ''))
      return refuse(response, 421, 'This address does not serve that host name.');
    const url = new URL(request.url ?? '/', `http://${host}:${port}`);
    const offered = url.searchParams.get('token');
    if (offered !== null && !signedIn(request)) {
      if (!sameText(offered, token)) return refuse(response, 401, usedLinkPage(deps.linkFile));
      renewToken();
      const session = deps.box.seal(COOKIE, Buffer.from(String(deps.clock.now() + SESSION_MS))).toString('base64url');
      response.setHeader(
        'set-cookie',
        `${COOKIE}=${session}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${SESSION_MS / 1000}`,
      );
    }
    if (offered !== null) return void response.writeHead(303, { location: '/' }).end();
    if (!signedIn(request)) return refuse(response, 401, usedLinkPage(deps.linkFile));
    const file = files.get(url.pathname === '/' ? '/index.html' : url.pathname);
    if (!file || request.method !== 'GET') return refuse(response, 404, 'Nothing is served here.');
    response.writeHead(200, {
      'content-type': file.type,
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': url.pathname.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-store',
    });
    response.end(file.bytes);
  }

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const origin = request.headers.origin ?? '';
    const own = hosts.has(request.headers.host ?? '') && origin === `http://${request.headers.host ?? ''}`;
    if (request.url !== '/live' || !own || !signedIn(request)) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => deps.onConnection(webSocket));
  });

  return { link, close: () => closeAll(server, sockets) };
}

function closeAll(server: Server, sockets: WebSocketServer): Promise<void> {
  for (const socket of sockets.clients) socket.close(1001, 'Wheelhouse is stopping');
  sockets.close();
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response
    .writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'content-security-policy': "default-src 'none'" })
    .end(`${text}\n`);
}

const usedLinkPage = (linkFile: string): string =>
  `Not signed in. A link signs one browser in, once; an unused link is always in ${linkFile}, and pressing Enter where Wheelhouse runs prints it.`;

function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** All files of the built screen in memory, by URL path: no path from outside ever reaches the file system. */
function loadFiles(dir: string): Map<string, { bytes: Buffer; type: string }> {
  const files = new Map<string, { bytes: Buffer; type: string }>();
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const type = TYPES[extname(entry.name)] ?? 'application/octet-stream';
    files.set(`/${relative(dir, path).replaceAll('\\', '/')}`, { bytes: readFileSync(path), type });
  }
  return files;
}
