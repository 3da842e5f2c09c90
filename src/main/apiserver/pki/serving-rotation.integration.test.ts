import { connect } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { jsonOfAnswer, rawRequest } from '../testing/https-client.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

let api: TestServer;
afterEach(() => api.close());

/** The serial number of the certificate a new connection is shown. */
const shown = (): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: api.server.port, ca: api.pki.caCertificate }, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.end();
    });
    socket.on('error', reject);
  });

test('a serving certificate that is two thirds through its life is replaced without a restart', async () => {
  // Made 250 days ago it is due now, and still good for another 115.
  let daysAgo = 250;
  const pkiClock = { now: () => Date.now() - daysAgo * 86_400_000 };
  api = await startTestServer({ pkiClock, certificateCheckMs: 5 });
  const first = await shown();
  expect(await shown()).toBe(first);
  daysAgo = 0;
  let now = first;
  while (now === first) now = await shown();
  expect(await shown()).toBe(now);
  expect(jsonOfAnswer(await rawRequest(api, { path: '/version' }))).toMatchObject({ major: '1' });
});
