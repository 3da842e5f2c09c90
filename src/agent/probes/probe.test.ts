import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aContainer } from '../pods/fixtures.ts';
import { afterOutcome, hasFailed, initialState, type ProbeKind } from './probe-state.ts';
import { runProbe, type ExecProbe } from './run-probe.ts';

const noExec: ExecProbe = () => Promise.reject(new Error('not asked for'));

describe('thresholds', () => {
  const probe = { failureThreshold: 3, successThreshold: 2 };
  const after = (kind: ProbeKind, outcomes: string) =>
    [...outcomes].reduce((state, outcome) => afterOutcome(state, outcome === '+', probe), initialState(kind));

  test.each([
    ['readiness', '', false],
    ['liveness', '', true],
    ['startup', '', false],
    ['readiness', '+', false],
    ['readiness', '++', true],
    ['readiness', '++--', true],
    ['readiness', '++---', false],
    ['readiness', '++--+--', true],
  ] as const)('%s after %s', (kind, outcomes, verdict) => {
    expect(after(kind, outcomes).verdict).toBe(verdict);
  });
  test.each([
    ['liveness', '--', false],
    ['liveness', '---', true],
    ['startup', '---', true],
    ['readiness', '---', false],
  ] as const)('%s fails for good after %s: %s', (kind, outcomes, failed) => {
    expect(hasFailed(kind, after(kind, outcomes), probe)).toBe(failed);
  });
});

describe('one try', () => {
  let server: Server;
  let port: number;
  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url === '/slow') return;
      const [, , to] = /^\/(to)=(.*)$/.exec(request.url ?? '') ?? [];
      if (to !== undefined) response.setHeader('location', decodeURIComponent(to));
      if (to !== undefined) return response.writeHead(302).end();
      if (request.url === '/headers')
        return response
          .writeHead(
            request.headers.accept === undefined &&
              request.headers.host === 'me' &&
              request.headers['user-agent'] === 'kube-probe/1.34'
              ? 200
              : 400,
          )
          .end();
      response.statusCode = Number(request.url?.slice(1));
      response.end();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const get = (path: string, at: number | string = port) =>
    runProbe(
      { httpGet: { path, port: at }, timeoutSeconds: 0.2 },
      aContainer({ ports: [{ name: 'web', containerPort: port }] }),
      '127.0.0.1',
      noExec,
    );

  test.each([
    ['/200', { ok: true }],
    ['/302', { ok: true }],
    ['/to=%2F500', { ok: false, message: 'HTTP probe failed with statuscode: 500' }],
    ['/to=http%3A%2F%2F127.0.0.2%3A1%2F', { ok: true }],
    ['/500', { ok: false, message: 'HTTP probe failed with statuscode: 500' }],
  ])('GET %s', async (path, expected) => {
    expect(await get(path)).toEqual(expected);
  });
  test('a redirect to itself is followed ten times', async () => {
    expect(await get('/to=')).toEqual({
      ok: false,
      message: `Get "http://127.0.0.1:${port}/to=": stopped after 10 redirects`,
    });
  });
  test('its headers count more than ours, and empty ones leave ours out', async () => {
    const httpHeaders = [
      { name: 'Host', value: 'me' },
      { name: 'Accept', value: '' },
    ];
    const probe = { httpGet: { path: '/headers', port, httpHeaders } };
    expect(await runProbe(probe, aContainer(), '127.0.0.1', noExec)).toEqual({ ok: true });
  });
  test('a named port', async () => {
    expect(await get('/200', 'web')).toEqual({ ok: true });
  });
  test('no answer in time', async () => {
    expect(await get('/slow')).toEqual({
      ok: false,
      message: `Get "http://127.0.0.1:${port}/slow": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
    });
  });
  test('nobody listens', async () => {
    const probe = { tcpSocket: { port: 1 } };
    const message = 'dial tcp 127.0.0.1:1: connect: connection refused';
    expect(await runProbe(probe, aContainer(), '127.0.0.1', noExec)).toEqual({ ok: false, message });
    expect(await get('/x', 1)).toEqual({ ok: false, message: `Get "http://127.0.0.1:1/x": ${message}` });
  });
  test.each([
    [0, { ok: true }],
    [1, { ok: false, message: 'no' }],
  ])('a command that exits %i', async (exitCode, expected) => {
    const exec: ExecProbe = () => Promise.resolve({ exitCode, output: 'no' });
    expect(await runProbe({ exec: { command: ['x'] } }, aContainer(), '', exec)).toEqual(expected);
  });
});
