import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PREFIX, readAnnotations } from './annotations.ts';
import { anIngress, aPath, hostsOf, OUR_CLASS, servicesAt } from './fixtures.ts';
import { nginxConfig } from './nginx-config.ts';
import { collectRoutes } from './routes.ts';

const one = (host: string, ...paths: ReturnType<typeof aPath>[]) => ({ rules: [{ host, http: { paths } }] });
const SETTINGS = {
  httpPort: 80,
  httpsPort: 443,
  resolver: '10.244.0.1:10053',
  workers: 2,
  user: 'nobody nobody',
  runDir: '/run',
  logDir: '/l',
};

describe('routes', () => {
  test('of one host and path belong to the oldest Ingress, and the other hears of it', () => {
    const young = anIngress('young', one('a.example', aPath('/', 'x'), aPath('/own', 'x')), {}, 2);
    const old = anIngress('old', one('a.example', aPath('/', 'y')), {}, 1);
    const { routes, problems } = collectRoutes([young, old], [OUR_CLASS]);
    expect(routes.map(({ path, ingress }) => [path, ingress])).toEqual([
      ['/', 'shop/old'],
      ['/own', 'shop/young'],
    ]);
    expect(problems).toMatchObject([
      {
        ingress: young,
        reason: 'Conflict',
        message: 'host a.example and path / are already served by Ingress shop/old',
      },
    ]);
  });

  test('a path that could be read as configuration is left out', () => {
    const ingress = anIngress('bad', one('a.example', aPath('/x; return 200 "', 'x'), aPath('/fine', 'x')));
    const { routes, problems } = collectRoutes([ingress], [OUR_CLASS]);
    expect(routes.map(({ path }) => path)).toEqual(['/fine']);
    expect(problems.map(({ reason }) => reason)).toEqual(['InvalidPath']);
  });
});

describe('annotations', () => {
  const read = (annotations: Record<string, string>) =>
    readAnnotations(Object.fromEntries(Object.entries(annotations).map(([name, value]) => [PREFIX + name, value])));

  test('are read as ingress-nginx reads them', () => {
    const { options, problems } = read({
      'rewrite-target': '/$2',
      'proxy-body-size': '8m',
      'auth-type': 'basic',
      'auth-secret': 'users',
      affinity: 'cookie',
      'limit-rps': '5',
      'enable-cors': 'true',
      'cors-allow-origin': 'https://a.example, https://*.b.example',
      'whitelist-source-range': '10.0.0.0/8,192.0.2.7',
    });
    expect(problems).toEqual([]);
    expect(options).toMatchObject({
      rewriteTarget: '/$2',
      useRegex: true,
      bodySize: '8m',
      basicAuth: { secret: 'users', realm: 'Authentication Required' },
      stickyCookie: { name: 'INGRESSCOOKIE' },
      rate: { perSecond: 5, burst: 25 },
      cors: { origins: ['https://a.example', 'https://*.b.example'], credentials: true },
      allowRanges: ['10.0.0.0/8', '192.0.2.7/32'],
    });
  });

  test.each([
    ['proxy-body-size', '8m; return 200', 'must be a size such as 8m'],
    ['rewrite-target', '/$host', 'must be a path, with $1 to $9 for groups'],
    ['permanent-redirect', 'javascript:alert(1)', 'must be an http or https address'],
    ['auth-realm', 'a"; include /etc/passwd; "', 'must be plain words'],
    ['whitelist-source-range', '10.0.0.0/33', 'must be IPv4 ranges: "10.0.0.0/33" is none'],
    ['ssl-redirect', 'maybe', 'must be true or false'],
    ['backend-protocol', 'AJP', 'must be HTTP, HTTPS, GRPC, GRPCS'],
    ['server-snippet', 'return 200;', 'raw nginx configuration is not taken from an Ingress'],
  ])('%s: %s is refused', (name, value, message) => {
    expect(read({ [name]: value }).problems).toEqual([{ annotation: PREFIX + name, message }]);
  });
});

/** Words that end, open or include something in nginx's configuration. */
const EVIL = [
  '"; include /etc/shadow; "',
  '\n}\nserver{',
  '{',
  '}',
  ';',
  '$(id)',
  "'",
  '\\',
  '#',
  '`',
  '${host}',
  '\0',
  ' x y',
  '%0a;',
];
const NAMES = [
  'rewrite-target',
  'app-root',
  'permanent-redirect',
  'temporal-redirect',
  'proxy-body-size',
  'proxy-read-timeout',
  'auth-secret',
  'auth-realm',
  'session-cookie-name',
  'session-cookie-path',
  'limit-rps',
  'cors-allow-origin',
  'cors-allow-methods',
  'cors-allow-headers',
  'cors-expose-headers',
  'whitelist-source-range',
  'upstream-vhost',
  'backend-protocol',
  'session-cookie-max-age',
  'cors-max-age',
];

test('nothing an Ingress says can leave its place in the configuration', () => {
  const evil = fc
    .tuple(fc.constantFrom('/', 'https://a.example/', 'x', '1'), fc.constantFrom(...EVIL), fc.string({ maxLength: 4 }))
    .map((parts) => parts.join(''));
  const arbitrary = fc.record({
    annotations: fc.dictionary(fc.constantFrom(...NAMES), evil, { maxKeys: 5 }),
    path: fc.oneof(
      fc.constant('/ok'),
      evil.map((text) => `/${text}`),
    ),
    pathType: fc.constantFrom('Exact', 'Prefix', 'ImplementationSpecific'),
  });
  const skeleton = (text: string): string[] => [...text.matchAll(/[;{}](?=\s|$)/g)].map(([mark]) => mark);
  fc.assert(
    fc.property(arbitrary, ({ annotations, path, pathType }) => {
      const enabled = { affinity: 'cookie', 'auth-type': 'basic', 'enable-cors': 'true', ...annotations };
      const ingress = anIngress('evil', one('a.example', aPath(path, 'web', pathType), aPath('/ok', 'web')), enabled);
      const view = servicesAt({ web: ['10.244.0.5:8080'] });
      const files = { certificate: () => '/c.pem', users: '/u' };
      const { hosts, collected } = hostsOf([ingress], view, files);
      const text = nginxConfig({ hosts, ...SETTINGS });
      // Every word of theirs that got in is whole and harmless: braces balance, and none of the evil is there.
      const marks = skeleton(text);
      expect(marks.filter((mark) => mark === '{').length).toBe(marks.filter((mark) => mark === '}').length);
      for (const word of ['include', 'shadow', '$(', '${', '#', '`', '\0', '%0a;']) expect(text).not.toContain(word);
      expect(collected.routes.some((route) => route.path === '/ok')).toBe(true);
    }),
    { seed: 11, numRuns: 2_000 },
  );
});
