// Ten thousand clients that hold a connection and ask nothing more: the server answers the others as before.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, createSecureContext, type TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { Api, credentialsOf } from '../harness/api.ts';
import { ServeProcess } from '../harness/serve-process.ts';

const CONNECTIONS = 10_000;
const AT_ONCE = 100;
const MEGABYTE = 1024;

/** Files a process may have open; Node takes all it may. */
const openFiles = Number(execFileSync('sh', ['-c', 'ulimit -Hn']).toString().trim().replace('unlimited', '1e9'));

const residentMb = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? NaN) / MEGABYTE;

test.skipIf(openFiles < CONNECTIONS + 1000)(
  `${CONNECTIONS} idle connections${openFiles < CONNECTIONS + 1000 ? ` (skipped: only ${openFiles} files may be open)` : ''}`,
  async () => {
    const serve = await ServeProcess.start();
    const { host, port, ca } = credentialsOf(serve.kubeconfig);
    const api = new Api(serve.kubeconfig);
    const sockets: TLSSocket[] = [];
    // Handshakes are not what is tried here: they are made cheap.
    const secureContext = createSecureContext({ ca });
    let session: Buffer | undefined;
    try {
      const before = residentMb(serve.child.pid ?? 0);
      const hold = (): Promise<void> =>
        new Promise((resolve, reject) => {
          const socket = connect({
            host,
            port,
            secureContext,
            ALPNProtocols: ['http/1.1'],
            ...(session ? { session } : {}),
          });
          sockets.push(socket);
          socket.once('session', (ticket: Buffer) => (session = ticket));
          socket.on('error', reject);
          // One request, refused for want of credentials; then silence.
          socket.once('data', () => resolve());
          socket.write('GET /version HTTP/1.1\r\nHost: x\r\n\r\n');
        });
      for (let made = 0; made < CONNECTIONS; made += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, hold));
      expect(sockets.filter(({ destroyed }) => !destroyed).length).toBe(CONNECTIONS);

      const times: number[] = [];
      for (let index = 0; index < 50; index += 1) {
        const begun = performance.now();
        expect((await api.request('GET', '/api/v1/namespaces')).status).toBe(200);
        times.push(performance.now() - begun);
      }
      const median = times.sort((a, b) => a - b)[25] ?? NaN;
      const more = residentMb(serve.child.pid ?? 0) - before;
      process.stdout.write(
        `${CONNECTIONS} idle connections: ${more.toFixed(0)} MB more, a list takes ${median.toFixed(1)} ms\n`,
      );
      expect(more).toBeLessThan(1500);
    } finally {
      for (const socket of sockets) socket.destroy();
      api.close();
      await serve.stop();
      await serve.removeData();
    }
  },
);
