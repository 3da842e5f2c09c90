// The rendered configuration in a real nginx: routing, TLS, limits and reloads as a client sees them.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http';
import { connect as tlsConnect } from 'node:tls';
import { request as httpsRequest } from 'node:https';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { Ingress } from '../../shared/api/kinds.ts';
import { waitFor } from '../../shared/testing/wait-for.ts';
import { selfSignedCertificate } from './certificate.ts';
import { anIngress, aPath, hostsOf, servicesAt } from './fixtures.ts';
import { nginxConfig } from './nginx-config.ts';

function nginxMissing(): string | undefined {
  try {
    execFileSync('nginx', ['-v'], { stdio: 'ignore' });
    return process.getuid?.() === 0 ? undefined : 'nginx is started by root';
  } catch {
    return 'there is no nginx';
  }
}
const why = nginxMissing();

interface Reply {
  status: number;
  body: string;
  headers: IncomingHttpHeaders;
}

describe.skipIf(why !== undefined)(`a real nginx${why ? ` (skipped: ${why})` : ''}`, () => {
  const dir = mkdtempSync(join(tmpdir(), 'wheelhouse-nginx-'));
  chmodSync(dir, 0o755);
  const backends = new Map<string, Server>();
  let nginx: ChildProcess;
  let [httpPort, httpsPort] = [0, 0];
  let view: ReturnType<typeof servicesAt>;

  const freePort = async (): Promise<number> => {
    const probe = createTcpServer();
    await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done));
    const { port } = probe.address() as AddressInfo;
    await new Promise<void>((done) => probe.close(() => done()));
    return port;
  };

  /** A backend that says its name, the path it was asked for and the headers it saw. */
  async function backend(name: string): Promise<string> {
    const server = createServer((incoming, response) => {
      response.end(JSON.stringify({ name, path: incoming.url, headers: incoming.headers }));
    });
    const sockets = new WebSocketServer({ server });
    sockets.on('connection', (socket) =>
      socket.on('message', (data) => socket.send(`${name}:${String(data as Buffer)}`)),
    );
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    backends.set(name, server);
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const INGRESSES: Ingress[] = [
    anIngress('paths', {
      rules: [
        {
          host: 'shop.example',
          http: {
            paths: [
              aPath('/', 'root'),
              aPath('/api', 'api'),
              aPath('/api/v2', 'other'),
              aPath('/api', 'exact', 'Exact'),
              aPath('/empty', 'nothing'),
              aPath('/missing', 'absent'),
            ],
          },
        },
        { host: '*.wild.example', http: { paths: [aPath('/', 'other')] } },
      ],
    }),
    anIngress(
      'rewrite',
      { rules: [{ host: 're.example', http: { paths: [aPath('/old(/|$)(.*)', 'api', 'ImplementationSpecific')] } }] },
      { 'rewrite-target': '/new/$2' },
    ),
    anIngress('secure', {
      tls: [{ hosts: ['tls.example'], secretName: 'tls' }],
      rules: [{ host: 'tls.example', http: { paths: [aPath('/', 'root')] } }],
    }),
    anIngress(
      'auth',
      { rules: [{ host: 'auth.example', http: { paths: [aPath('/', 'root')] } }] },
      { 'auth-type': 'basic', 'auth-secret': 'users', 'auth-realm': 'Staff' },
    ),
    anIngress(
      'sticky',
      { rules: [{ host: 'sticky.example', http: { paths: [aPath('/', 'both')] } }] },
      { affinity: 'cookie', 'session-cookie-name': 'stay-here' },
    ),
    anIngress(
      'limited',
      { rules: [{ host: 'limit.example', http: { paths: [aPath('/', 'root')] } }] },
      { 'limit-rps': '1', 'limit-burst-multiplier': '2' },
    ),
    anIngress(
      'cors',
      { rules: [{ host: 'cors.example', http: { paths: [aPath('/', 'root')] } }] },
      { 'enable-cors': 'true', 'cors-allow-origin': 'https://app.example, https://*.ok.example' },
    ),
    anIngress(
      'ranges',
      { rules: [{ host: 'ranges.example', http: { paths: [aPath('/', 'root')] } }] },
      { 'whitelist-source-range': '192.0.2.0/24' },
    ),
    anIngress(
      'small',
      { rules: [{ host: 'small.example', http: { paths: [aPath('/', 'root')] } }] },
      { 'proxy-body-size': '1k' },
    ),
    anIngress(
      'moved',
      { rules: [{ host: 'moved.example', http: { paths: [aPath('/', 'root')] } }] },
      { 'permanent-redirect': 'https://new.example/' },
    ),
    anIngress(
      'app',
      { rules: [{ host: 'app.example', http: { paths: [aPath('/', 'root')] } }] },
      { 'app-root': '/start' },
    ),
  ];

  const certificateFile = (host: string): string => join(dir, host === 'tls.example' ? 'tls.pem' : 'default.pem');
  async function newCertificate(host: string): Promise<void> {
    const { certificate, key } = await selfSignedCertificate(host, new Date());
    writeFileSync(certificateFile(host), certificate + key);
  }
  function writeConfig(ingresses: readonly Ingress[], services = view): void {
    const files = { certificate: certificateFile, users: join(dir, 'users') };
    const { hosts } = hostsOf(ingresses, services, files);
    const paths = { runDir: dir, logDir: dir, user: 'nobody nogroup' };
    writeFileSync(
      join(dir, 'nginx.conf'),
      nginxConfig({ hosts, httpPort, httpsPort, resolver: '127.0.0.1:1', workers: 2, ...paths }),
    );
  }
  const reload = (): void => {
    execFileSync('nginx', ['-t', '-q', '-c', join(dir, 'nginx.conf')], { stdio: 'pipe' });
    nginx.kill('SIGHUP');
  };

  function get(
    host: string,
    path = '/',
    options: { headers?: Record<string, string>; secure?: boolean; method?: string; body?: string } = {},
  ): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const port = options.secure ? httpsPort : httpPort;
      const call = (options.secure ? httpsRequest : httpRequest)(
        {
          host: '127.0.0.1',
          port,
          path,
          method: options.method ?? 'GET',
          headers: { host, ...options.headers },
          servername: host,
          rejectUnauthorized: false,
          agent: false,
        },
        (response) => {
          let body = '';
          response.on('data', (chunk: Buffer) => (body += chunk.toString()));
          response.on('end', () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }));
        },
      );
      call.on('error', reject);
      call.end(options.body);
    });
  }
  const said = (reply: Reply): { name: string; path: string; headers: Record<string, string> } =>
    JSON.parse(reply.body) as { name: string; path: string; headers: Record<string, string> };

  beforeAll(async () => {
    [httpPort, httpsPort] = [await freePort(), await freePort()];
    const [root, api, other, exact] = [
      await backend('root'),
      await backend('api'),
      await backend('other'),
      await backend('exact'),
    ];
    view = servicesAt({
      root: [root],
      api: [api],
      other: [other],
      exact: [exact],
      both: [root, api, other],
      nothing: [],
    });
    writeFileSync(
      join(dir, 'users'),
      execFileSync('openssl', ['passwd', '-apr1', 'secret']).toString().replace(/^/, 'ann:'),
    );
    await newCertificate('tls.example');
    await newCertificate('default.invalid');
    writeConfig(INGRESSES);
    nginx = spawn('nginx', ['-c', join(dir, 'nginx.conf'), '-g', 'daemon off;'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let complaints = '';
    nginx.stderr?.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
    let answers = false;
    const poll = setInterval(
      () =>
        void get('shop.example').then(
          () => (answers = true),
          () => undefined,
        ),
      20,
    );
    await waitFor('nginx to answer', () => {
      if (nginx.exitCode !== null) throw new Error(complaints);
      return answers;
    }).finally(() => clearInterval(poll));
  });
  afterAll(async () => {
    nginx?.kill('SIGTERM');
    for (const server of backends.values()) server.close();
    await rm(dir, { recursive: true, force: true });
  });

  test.each([
    ['/', 'root'],
    ['/apis', 'root'],
    ['/api', 'exact'],
    ['/api/', 'api'],
    ['/api/v1', 'api'],
    ['/api/v2', 'other'],
    ['/api/v2/x', 'other'],
    ['/api/v22', 'api'],
  ])('%s is served by %s', async (path, name) => {
    expect(said(await get('shop.example', path))).toMatchObject({ name, path });
  });

  test('hosts: a wildcard is one label, others get the default backend', async () => {
    expect(said(await get('a.wild.example')).name).toBe('other');
    expect(await get('a.b.wild.example')).toMatchObject({ status: 404, body: 'default backend - 404\n' });
    expect(await get('nobody.example')).toMatchObject({ status: 404 });
  });

  test('a Service without endpoints, or that does not exist, is 503', async () => {
    expect((await get('shop.example', '/empty')).status).toBe(503);
    expect((await get('shop.example', '/missing')).status).toBe(503);
  });

  test('the backend learns who asked, and a client cannot say otherwise', async () => {
    const { headers } = said(
      await get('shop.example', '/', { headers: { 'x-forwarded-for': '203.0.113.1', proxy: 'evil' } }),
    );
    expect(headers).toMatchObject({
      host: 'shop.example',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
    });
    expect(headers['proxy']).toBeUndefined();
  });

  test('paths are rewritten', async () => {
    expect(said(await get('re.example', '/old/a/b?q=1')).path).toBe('/new/a/b?q=1');
    expect(said(await get('re.example', '/old')).path).toBe('/new/');
    expect((await get('re.example', '/older')).status).toBe(404);
  });

  test('TLS: each host its certificate, plain requests are sent there, and a new one is taken up', async () => {
    const shown = (): Promise<X509Certificate> =>
      new Promise((resolve, reject) => {
        const socket = tlsConnect(
          { host: '127.0.0.1', port: httpsPort, servername: 'tls.example', rejectUnauthorized: false },
          () => {
            resolve(new X509Certificate(socket.getPeerCertificate(true).raw));
            socket.destroy();
          },
        );
        socket.on('error', reject);
      });
    const before = await shown();
    expect(before.subject).toContain('tls.example');
    expect(said(await get('tls.example', '/', { secure: true })).name).toBe('root');
    expect(await get('tls.example', '/x?y=1')).toMatchObject({
      status: 308,
      headers: { location: 'https://tls.example/x?y=1' },
    });
    await newCertificate('tls.example');
    reload();
    let serial = before.serialNumber;
    const poll = setInterval(
      () =>
        void shown().then(
          (now) => (serial = now.serialNumber),
          () => undefined,
        ),
      20,
    );
    await waitFor('the new certificate', () => serial !== before.serialNumber).finally(() => clearInterval(poll));
  });

  test('websockets pass', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${httpPort}/api/ws`, { headers: { host: 'shop.example' } });
    const answer = await new Promise<string>((resolve, reject) => {
      socket.on('open', () => socket.send('hello'));
      socket.on('message', (data) => resolve(String(data as Buffer)));
      socket.on('error', reject);
    });
    socket.close();
    expect(answer).toBe('api:hello');
  });

  test('basic authentication', async () => {
    const refused = await get('auth.example');
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, 'Basic realm="Staff"']);
    const authorization = `Basic ${Buffer.from('ann:secret').toString('base64')}`;
    expect((await get('auth.example', '/', { headers: { authorization } })).status).toBe(200);
  });

  test('a cookie keeps a client with its server', async () => {
    const first = await get('sticky.example');
    const cookie = first.headers['set-cookie']?.[0] ?? '';
    expect(cookie).toMatch(/^stay-here=[0-9a-f]{32}; Path=\/; HttpOnly; SameSite=Lax$/);
    const again = await Promise.all(
      Array.from({ length: 20 }, () => get('sticky.example', '/', { headers: { cookie: cookie.split(';')[0] ?? '' } })),
    );
    expect(new Set(again.map((reply) => said(reply).name))).toEqual(new Set([said(first).name]));
    expect(again.every(({ headers }) => headers['set-cookie'] === undefined)).toBe(true);
    const others = await Promise.all(Array.from({ length: 40 }, () => get('sticky.example')));
    expect(new Set(others.map((reply) => said(reply).name)).size).toBeGreaterThan(1);
  });

  test('more requests than allowed are refused', async () => {
    const replies = await Promise.all(Array.from({ length: 12 }, () => get('limit.example')));
    const allowed = replies.filter(({ status }) => status === 200).length;
    // One at once and a burst of two; a second or two may pass on a busy machine.
    expect(allowed).toBeGreaterThanOrEqual(3);
    expect(allowed).toBeLessThan(12);
    expect(replies.filter(({ status }) => status === 429)).toHaveLength(12 - allowed);
  });

  test('CORS: allowed origins only', async () => {
    const preflight = await get('cors.example', '/', { method: 'OPTIONS', headers: { origin: 'https://app.example' } });
    expect([preflight.status, preflight.headers['access-control-allow-origin']]).toEqual([204, 'https://app.example']);
    const wild = await get('cors.example', '/', { headers: { origin: 'https://a.ok.example' } });
    expect(wild.headers['access-control-allow-origin']).toBe('https://a.ok.example');
    const evil = await get('cors.example', '/', { headers: { origin: 'https://appXexample' } });
    expect(evil.headers['access-control-allow-origin']).toBeUndefined();
  });

  test('ranges, sizes and redirects', async () => {
    expect((await get('ranges.example')).status).toBe(403);
    expect((await get('small.example', '/', { method: 'POST', body: 'x'.repeat(2000) })).status).toBe(413);
    expect(await get('moved.example')).toMatchObject({ status: 301, headers: { location: 'https://new.example/' } });
    expect(await get('app.example')).toMatchObject({ status: 302, headers: { location: 'http://app.example/start' } });
  });

  test('no request is lost while endpoints change and the configuration is loaded again and again', async () => {
    const [root = '', api = '', other = ''] = [...(view.endpoints('shop/both').get('tcp/http') ?? [])].map(
      ({ ip, port }) => `${ip}:${port}`,
    );
    let failed = 0;
    let done = 0;
    const client = async (): Promise<void> => {
      while (done < 1000) {
        const { status } = await get('sticky.example').catch(() => ({ status: 0 }));
        done += 1;
        if (status !== 200) failed += 1;
      }
    };
    const churn = (async () => {
      for (const both of [[root], [api], [root, other], [other], [api, root]]) {
        const before = done;
        writeConfig(INGRESSES, servicesAt({ root: [root], api: [api], other: [other], both }));
        reload();
        await waitFor('some requests', () => done > before + 100 || done >= 1000);
      }
    })();
    await Promise.all([churn, ...Array.from({ length: 8 }, client)]);
    expect(failed).toBe(0);
    writeConfig(INGRESSES);
    reload();
  });

  test('the log says which Ingress and Service a request was for', async () => {
    await get('shop.example', '/api/logged');
    let line: Record<string, unknown> | undefined;
    const read = (): void => {
      const text = readFileSync(join(dir, 'access.log'), 'utf8')
        .split('\n')
        .find((each) => each.includes('/api/logged'));
      if (text) line = JSON.parse(text) as Record<string, unknown>;
    };
    await waitFor('the line', () => (read(), line !== undefined));
    expect(line).toMatchObject({ ingress: 'shop/paths', service: 'api:80', status: 200, host: 'shop.example' });
  });
});
