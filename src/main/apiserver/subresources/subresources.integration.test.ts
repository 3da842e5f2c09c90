import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import {
  ENDPOINT_SLICES,
  NODES,
  PODS,
  SERVICES,
  type EndpointSlice,
  type Node,
  type Pod,
  type Service,
} from '../../../shared/api/kinds.ts';
import { startFakeKubelet, type FakeKubelet } from '../testing/fake-kubelet.ts';
import { jsonOfAnswer, rawRequest } from '../testing/https-client.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

/** What the application in the pod was asked. */
interface Seen {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

describe('subresources of pods and services', () => {
  let kubelet: FakeKubelet;
  let api: TestServer;
  let app: Server;
  let sockets: WebSocketServer;
  let port: number;
  const seen: Seen[] = [];

  beforeAll(async () => {
    app = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        seen.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
        if (url === '/away') return void response.writeHead(302, { location: '/home?x=1' }).end();
        if (url === '/elsewhere') return void response.writeHead(302, { location: 'https://example.com/' }).end();
        if (url === '/broken') return void response.writeHead(503, { 'content-type': 'text/plain' }).end('too busy');
        response.writeHead(201, { 'content-type': 'text/x-app', 'x-own': 'yes', 'keep-alive': 'timeout=5' });
        response.end(`${method} ${url}`);
      });
    });
    sockets = new WebSocketServer({ server: app, path: '/ws' });
    sockets.on('connection', (socket) =>
      socket.on('message', (data: Buffer) => socket.send(data.toString().toUpperCase())),
    );
    await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
    port = (app.address() as AddressInfo).port;
    kubelet = await startFakeKubelet();
    api = await startTestServer({ dialNode: kubelet.dial });
    await api.client.create(PODS, {
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        nodeName: 'n1',
        automountServiceAccountToken: false,
        containers: [
          { name: 'web', image: 'nginx', ports: [{ containerPort: port }], resources: { requests: { cpu: '100m' } } },
        ],
      },
    } as Pod);
    await api.client.create(SERVICES, {
      metadata: { name: 'web', namespace: 'default' },
      spec: { ports: [{ name: 'http', port: 80, targetPort: port }], selector: { app: 'web' } },
    } as unknown as Service);
    await api.client.create(ENDPOINT_SLICES, {
      metadata: { name: 'web-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
      addressType: 'IPv4',
      endpoints: [
        {
          addresses: ['10.1.0.9'],
          conditions: { ready: true },
          nodeName: 'n1',
          targetRef: { kind: 'Pod', name: 'web' },
        },
      ],
      ports: [{ name: 'http', port }],
    } as EndpointSlice);
  });
  afterAll(async () => {
    sockets.close();
    app.closeAllConnections();
    app.close();
    await api.close();
    await kubelet.close();
  });

  const ask = (path: string, options: Partial<Parameters<typeof rawRequest>[1]> = {}) =>
    rawRequest(api, { path: `/api/v1/namespaces/default/${path}`, ...options });

  test.each([
    ['a pod, at its first port', 'pods/web/proxy/a/b/?c=d%20e', '/a/b/?c=d%20e'],
    ['a pod, at a port', 'pods/web:PORT/proxy/', '/'],
    ['a service, at its only port', 'services/web/proxy/x', '/x'],
    ['a service, at a port by name', 'services/web:http/proxy/x', '/x'],
    ['a service, at a port by number', 'services/http:web:80/proxy/x', '/x'],
  ])('%s is asked through its node', async (_what, path, url) => {
    const answer = await ask(path.replace('PORT', String(port)));
    expect(answer).toMatchObject({ code: 201, text: `GET ${url}` });
    expect(answer.headers).toMatchObject({ 'content-type': 'text/x-app', 'x-own': 'yes' });
  });

  test('headers and bodies get through, but not credentials and what is between two hops', async () => {
    await ask('pods/web/proxy/form', {
      method: 'PUT',
      headers: {
        'content-type': 'text/plain',
        'x-mine': 'kept',
        'x-hop': 'dropped',
        connection: 'keep-alive, x-hop',
        te: 'trailers',
      },
      body: 'hello',
    });
    const last = seen.at(-1);
    expect(last).toMatchObject({ method: 'PUT', url: '/form', body: 'hello' });
    expect(last?.headers).toMatchObject({ 'content-type': 'text/plain', 'x-mine': 'kept' });
    for (const header of ['authorization', 'x-hop', 'te', 'impersonate-user'])
      expect(last?.headers[header]).toBeUndefined();
    expect(last?.headers['x-forwarded-uri']).toBe('/api/v1/namespaces/default/pods/web/proxy/form');
  });

  test('answers are passed on as they are; redirects are not followed', async () => {
    expect(await ask('pods/web/proxy/broken')).toMatchObject({ code: 503, text: 'too busy' });
    const before = seen.length;
    const away = await ask('pods/web/proxy/away');
    expect([away.code, away.headers['location']]).toEqual([302, '/api/v1/namespaces/default/pods/web/proxy/home?x=1']);
    expect((await ask('pods/web/proxy/elsewhere')).headers['location']).toBe('https://example.com/');
    expect(seen.length).toBe(before + 2);
    expect((await ask('pods/web/proxy')).headers['location']).toBe('/api/v1/namespaces/default/pods/web/proxy/');
  });

  test('nothing leads to what is not there', async () => {
    expect((await ask('pods/none/proxy/')).code).toBe(404);
    expect((await ask('services/none/proxy/')).code).toBe(404);
    expect((await ask('services/web:other/proxy/')).code).toBe(503);
    expect((await ask('pods/ftp:web:80/proxy/')).code).toBe(400);
    expect((await ask('pods/web:99999/proxy/')).code).toBe(400);
    expect((await ask('pods/web/proxy/../../../secrets')).code).toBe(400);
    expect((await ask('pods/web:1/proxy/')).code).toBe(503);
  });

  test('WebSockets get through, and what refuses one leaves no connection behind', async () => {
    const open = (path: string): WebSocket =>
      new WebSocket(`wss://127.0.0.1:${api.server.port}/api/v1/namespaces/default/pods/web/proxy${path}`, {
        ca: api.pki.caCertificate,
        headers: { authorization: `Bearer ${api.tokens.adminToken}` },
      });
    const socket = open('/ws');
    const answer = await new Promise<string>((resolve, reject) => {
      socket.on('open', () => socket.send('shout'));
      socket.on('message', (data: Buffer) => resolve(data.toString()));
      socket.on('error', reject);
    });
    expect(answer).toBe('SHOUT');
    socket.close();
    const refused = await new Promise<{ code: number | undefined; closes: string | undefined }>((resolve, reject) => {
      const other = open('/nowhere');
      other.on('unexpected-response', (_request, response) =>
        resolve({ code: response.statusCode, closes: response.headers.connection }),
      );
      other.on('error', reject);
    });
    expect(refused).toEqual({ code: 400, closes: 'close' });
  });

  test('a kubelet is asked with every method', async () => {
    await api.client.create(NODES, { metadata: { name: 'n1' } } as Node);
    const answer = await rawRequest(api, {
      method: 'POST',
      path: '/api/v1/nodes/n1/proxy/nothing?a=b',
      headers: { 'content-type': 'text/plain' },
      body: 'hello',
    });
    expect(answer).toMatchObject({ code: 404, text: 'nothing here' });
    expect(kubelet.requests.at(-1)).toBe('/nothing?a=b');
  });

  const podPatch = async (subresource: string, patch: object) => {
    const answer = await ask(`pods/web/${subresource}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/strategic-merge-patch+json' },
      body: JSON.stringify(patch),
    });
    return { code: answer.code, body: jsonOfAnswer(answer) as unknown as Pod & { message: string } };
  };

  const podApply = async (subresource: string, manager: string, spec: object, more = '') => {
    const answer = await ask(`pods/applied/${subresource}?fieldManager=${manager}${more}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/apply-patch+yaml' },
      body: JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'applied', labels: { a: 'b' } }, spec }),
    });
    return { code: answer.code, body: jsonOfAnswer(answer) as unknown as Pod & { message: string } };
  };

  test('a part of a pod is applied, and owned by who applied it', async () => {
    await api.client.create(PODS, {
      metadata: { name: 'applied', namespace: 'default' },
      spec: { containers: [{ name: 'web', image: 'nginx', resources: { requests: { cpu: '100m' } } }] },
    } as Pod);
    const cpu = (amount: string) => ({
      containers: [{ name: 'web', image: 'other', resources: { requests: { cpu: amount } } }],
    });
    const refused = await podApply('resize', 'sizer', cpu('200m'));
    expect(refused.code).toBe(409);
    expect(refused.body.message).toContain('.spec.containers[name="web"].resources.requests.cpu');
    const forced = await podApply('resize', 'sizer', cpu('200m'), '&force=true');
    expect(forced.code).toBe(200);
    expect(forced.body.spec?.containers[0]).toMatchObject({ image: 'nginx', resources: { requests: { cpu: '200m' } } });
    expect(forced.body.metadata?.labels).toBeUndefined();
    const debug = { ephemeralContainers: [{ name: 'debug', image: 'busybox:1.36' }] };
    const debugged = await podApply('ephemeralcontainers', 'debugger', debug);
    expect(debugged.body.spec?.ephemeralContainers).toMatchObject([debug.ephemeralContainers[0]]);
    expect(debugged.body.metadata?.managedFields).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ manager: 'sizer', operation: 'Apply', subresource: 'resize' }),
        expect.objectContaining({ manager: 'debugger', operation: 'Apply', subresource: 'ephemeralcontainers' }),
      ]),
    );
    const { metadata } = await api.client.get(PODS, 'applied', 'default');
    const again = await podApply('ephemeralcontainers', 'debugger', debug);
    expect(again.body.metadata?.resourceVersion).toBe(metadata?.resourceVersion);
    expect((await podApply('resize', '', cpu('1'))).code).toBe(422);
  });

  test('an ephemeral container is added, and stays', async () => {
    const debug = { name: 'debug', image: 'busybox:1.36', targetContainerName: 'web' };
    const added = await podPatch('ephemeralcontainers', {
      metadata: { labels: { ignored: 'yes' } },
      spec: { ephemeralContainers: [debug], priority: 7 },
    });
    expect(added.code).toBe(200);
    expect(added.body.spec?.ephemeralContainers).toMatchObject([{ ...debug, imagePullPolicy: 'IfNotPresent' }]);
    expect(added.body.metadata).toMatchObject({ generation: 2 });
    expect(added.body.metadata?.labels).toBeUndefined();
    const changed = await podPatch('ephemeralcontainers', {
      spec: { ephemeralContainers: [{ name: 'debug', image: 'other' }] },
    });
    expect(changed).toMatchObject({
      code: 422,
      body: {
        message:
          'Pod "web" is invalid: spec.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be changed\n',
      },
    });
    const serving = { name: 'serving', image: 'x', ports: [{ containerPort: 1 }] };
    expect(
      (await podPatch('ephemeralcontainers', { spec: { ephemeralContainers: [serving] } })).body.message,
    ).toContain('spec.ephemeralContainers[1].ports: Forbidden: cannot be set for an Ephemeral Container');
    expect((await ask('pods/web/ephemeralcontainers')).code).toBe(200);
  });

  test('a resize changes cpu and memory, and nothing else', async () => {
    const resize = (container: object) => podPatch('resize', { spec: { containers: [{ name: 'web', ...container }] } });
    const bigger = await resize({ image: 'other', resources: { requests: { cpu: '200m' } } });
    expect(bigger.code).toBe(200);
    expect(bigger.body.spec?.containers[0]).toMatchObject({ image: 'nginx', resources: { requests: { cpu: '200m' } } });
    expect((await resize({ resources: { requests: { cpu: null } } })).body.message).toContain(
      'spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed',
    );
    expect((await resize({ resources: { requests: { 'ephemeral-storage': '1Gi' } } })).body.message).toContain(
      'only cpu and memory resources are mutable',
    );
    expect(
      (await resize({ resources: { requests: { memory: '1Gi' }, limits: { cpu: '200m', memory: '1Gi' } } })).body
        .message,
    ).toContain('Pod QOS Class may not change as a result of resizing');
    await api.client.updateStatus(PODS, {
      ...(await api.client.get(PODS, 'web', 'default')),
      status: {
        phase: 'Running',
        containerStatuses: [
          { name: 'web', image: 'nginx', imageID: '', ready: true, restartCount: 0, state: { running: {} } },
        ],
      },
    } as Pod);
    expect((await resize({ resources: { requests: { cpu: '300m' } } })).body.message).toContain(
      'Pod running on node without support for resize',
    );
  });

  test('webhooks and policies hear of what is connected to', async () => {
    await rawRequest(api, {
      method: 'POST',
      path: '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        metadata: { name: 'connect.example.com' },
        spec: {
          matchConstraints: {
            resourceRules: [{ operations: ['CONNECT'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods/*'] }],
          },
          validations: [
            { expression: "request.kind.kind != 'PodProxyOptions' || object.path != '/secret'", message: 'no' },
            { expression: "request.kind.kind != 'PodExecOptions' || !('rm' in object.command)", message: 'not that' },
          ],
        },
      }),
    });
    await rawRequest(api, {
      method: 'POST',
      path: '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        metadata: { name: 'connect.example.com' },
        spec: { policyName: 'connect.example.com', validationActions: ['Deny'] },
      }),
    });
    expect((await ask('pods/web/proxy/secret')).code).toBe(422);
    expect((await ask('pods/web/proxy/open')).code).toBe(201);
    const exec = await ask('pods/web/exec?command=rm&stdout=true&container=web', {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        'sec-websocket-version': '13',
      },
    });
    expect(exec.code).toBe(422);
    expect(exec.text).toContain('not that');
  });
});
