import { createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { aService, anEndpoint, aSlice } from './fixtures.ts';
import { HealthCheckServer, healthChecks } from './health-check-server.ts';

const silent = (): void => undefined;
const server = new HealthCheckServer({ debug: silent, info: silent, warn: silent, error: silent });
afterEach(() => server.close());

test('only LoadBalancers that keep traffic on the node ask for it, and only endpoints here count', () => {
  const balanced = aService({ type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 30100 });
  const elsewhere = aService(
    { type: 'LoadBalancer', externalTrafficPolicy: 'Cluster', healthCheckNodePort: 30101 },
    'x',
  );
  const slices = [aSlice([anEndpoint('10.244.1.7'), anEndpoint('10.244.2.9', 'b')])];
  expect(healthChecks([balanced, elsewhere], () => slices, 'a')).toEqual([
    { service: 'default/web', port: 30100, localEndpoints: 1 },
  ]);
});

test('answers 200 with endpoints, 503 without, and closes the port with the Service', async () => {
  const port = await freePort();
  const check = { service: 'default/web', port, localEndpoints: 2 };
  const ask = async (): Promise<[number, unknown]> => {
    const response = await fetch(`http://127.0.0.1:${String(port)}/healthz`);
    return [response.status, await response.json()];
  };
  server.update([check]);
  const body = { service: { namespace: 'default', name: 'web' }, localEndpoints: 2, serviceProxyHealthy: true };
  await expect.poll(ask).toEqual([200, body]);
  server.update([{ ...check, localEndpoints: 0 }]);
  expect(await ask()).toEqual([503, { ...body, localEndpoints: 0 }]);
  server.update([]);
  await expect(ask()).rejects.toThrow();
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, () => {
      const address = probe.address();
      probe.close(() => resolve(address && typeof address === 'object' ? address.port : 0));
    });
  });
}
