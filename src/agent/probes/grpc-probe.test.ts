import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net';
import { Server, ServerCredentials, status, type ServiceDefinition } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { grpcOutcome } from './grpc-probe.ts';

// Against the gRPC library's own server.
const asIs = (bytes: Buffer): Buffer => bytes;
const METHOD = {
  path: '/grpc.health.v1.Health/Check',
  requestStream: false,
  responseStream: false,
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
};
const SERVICE: ServiceDefinition = { Check: METHOD };
const LONG = 'l'.repeat(200);
const ANSWERS: Record<string, number> = { '': 1, web: 1, [LONG]: 1, off: 2, new: 3 };

let server: Server;
let port: number;
let other: Server;
let otherPort: number;
let deaf: TcpServer;
const bind = (each: Server): Promise<number> =>
  new Promise((resolve, reject) =>
    each.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );

beforeAll(async () => {
  server = new Server();
  server.addService(SERVICE, {
    Check: (call: { request: Buffer }, answer: (error: object | null, reply?: Buffer) => void) => {
      const service = call.request.subarray(call.request.length > 128 ? 3 : 2).toString();
      if (service === 'slow') return;
      const health = ANSWERS[service];
      if (health === undefined) answer({ code: status.NOT_FOUND, details: 'unknown service: 100 %' });
      else answer(null, Buffer.from([0x08, health]));
    },
  });
  other = new Server();
  deaf = createTcpServer().listen(0, '127.0.0.1');
  [port, otherPort] = await Promise.all([bind(server), bind(other)]);
});
afterAll(() => {
  server.forceShutdown();
  other.forceShutdown();
  deaf.close();
});

test.each([
  ['', { ok: true }],
  ['web', { ok: true }],
  [LONG, { ok: true }],
  ['off', { ok: false, message: 'service unhealthy (responded with "NOT_SERVING")' }],
  ['new', { ok: false, message: 'service unhealthy (responded with "SERVICE_UNKNOWN")' }],
  [
    'gone',
    {
      ok: false,
      message: 'error: health rpc probe failed: rpc error: code = NotFound desc = unknown service: 100 %',
    },
  ],
  ['slow', { ok: false, message: 'timeout: health rpc did not complete within 300ms' }],
])('the service "%s"', async (service, expected) => {
  expect(await grpcOutcome(service, '127.0.0.1', port, service === 'slow' ? 300 : 5_000)).toEqual(expected);
});

test('a server without health checks', async () => {
  expect(await grpcOutcome('', '127.0.0.1', otherPort, 5_000)).toMatchObject({
    ok: false,
    message: expect.stringContaining(
      'error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ',
    ) as unknown,
  });
});

test.each([
  ['nobody listens', () => 1, 5_000],
  ['one that says nothing', () => (deaf.address() as AddressInfo).port, 100],
])('%s', async (_what, at, timeoutMs) => {
  expect(await grpcOutcome('', '127.0.0.1', at(), timeoutMs)).toEqual({
    ok: false,
    message: `timeout: failed to connect service "127.0.0.1:${at()}" within ${timeoutMs === 100 ? '100ms' : '5s'}: context deadline exceeded`,
  });
});
