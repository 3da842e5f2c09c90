import { createServer, Agent as PlainAgent, type RequestListener, type Server } from 'node:http';
import type { Agent } from 'node:https';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isConflict, isNotFound } from '../../shared/api/errors.ts';
import { HttpTransport } from './http-transport.ts';

// Without TLS, which e2e/agent covers: https.request speaks plain HTTP over whatever its agent connects.
class SocketAgent extends PlainAgent {
  constructor(private readonly path: string) {
    super({ keepAlive: true });
  }
  readonly protocol = 'https:';
  override createConnection() {
    return connect(this.path);
  }
}

let directory: string;
let server: Server;
beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), 'transport-'))));
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(directory, { recursive: true });
});

async function serve(listener: RequestListener, timeoutMs?: number): Promise<HttpTransport> {
  server = createServer(listener);
  const path = join(directory, 'api.sock');
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return new HttpTransport(new SocketAgent(path) as unknown as Agent, 'kubernetes', timeoutMs);
}

test('sends a body and a query, and reads the answer', async () => {
  const transport = await serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url, headers } = request;
      response.end(JSON.stringify({ method, url, type: headers['content-type'], body: String(Buffer.concat(chunks)) }));
    });
  });
  const query = { fieldManager: 'kubelet', empty: undefined };
  const contentType = 'application/merge-patch+json';
  expect(await transport.request({ method: 'PATCH', path: '/x', query, contentType, body: { a: 'é' } })).toEqual({
    method: 'PATCH',
    url: '/x?fieldManager=kubelet',
    type: contentType,
    body: '{"a":"é"}',
  });
});

test('a Status becomes its error, and anything else an error with its code', async () => {
  const transport = await serve((request, response) => {
    if (request.url === '/gone') return response.writeHead(404).end('404 page not found');
    const status = { kind: 'Status', status: 'Failure', reason: 'Conflict', message: 'stale', code: 409 };
    return response.writeHead(409).end(JSON.stringify(status));
  });
  await expect(transport.request({ method: 'GET', path: '/x' })).rejects.toSatisfy(isConflict);
  await expect(transport.request({ method: 'GET', path: '/gone' })).rejects.toSatisfy(isNotFound);
});

test('a watch yields events as they come and ends with the server’s stream', async () => {
  const transport = await serve((_, response) => {
    response.write('{"type":"ADDED","object":{"a":1}}\n{"type":');
    response.end('"BOOKMARK","object":{}}\n');
  });
  const types = [];
  const { signal } = new AbortController();
  for await (const { type } of transport.watch({ path: '/x', query: {}, signal })) types.push(type);
  expect(types).toEqual(['ADDED', 'BOOKMARK']);
});

test('a server that does not answer costs every connection, so that watches do not wait for ever', async () => {
  const transport = await serve((request, response) => {
    if (request.url?.startsWith('/watch')) response.write('{"type":"BOOKMARK","object":{}}\n');
  }, 50);
  const { signal } = new AbortController();
  const events = transport.watch({ path: '/watch', query: {}, signal })[Symbol.asyncIterator]();
  await events.next();
  const ended = events.next();
  await expect(transport.request({ method: 'GET', path: '/x' })).rejects.toThrow(
    'no answer from the API server within 50 ms',
  );
  await expect(ended).rejects.toThrow();
});
