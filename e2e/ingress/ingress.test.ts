// Ingresses on real machines, as somebody outside sees them: requests go to the machines' own addresses.
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Event, Ingress } from '../../src/shared/api/kinds.ts';
import { selfSignedCertificate } from '../../src/agent/ingress/certificate.ts';
import { joinMachines, upCluster, type Cluster } from '../harness/cluster.ts';
import { noKubectl } from '../harness/kubectl.ts';
import { runIn } from '../testbed/machine.ts';
import type { TestbedMachine } from '../testbed/testbed.ts';
import { until } from '../testbed/wait.ts';

const why = process.env['WHEELHOUSE_NO_TESTBED'] ?? noKubectl;

interface Reply {
  status: number;
  body: string;
  headers: IncomingHttpHeaders;
  subject: string;
}

function get(address: string, host: string, path = '/', secure = false): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const call = (secure ? httpsRequest : httpRequest)(
      {
        host: address,
        port: secure ? 443 : 80,
        path,
        headers: { host },
        servername: host,
        rejectUnauthorized: false,
        agent: false,
        timeout: 10_000,
      },
      (response) => {
        const subject = secure ? (response.socket as TLSSocket).getPeerCertificate().subject.CN : '';
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body, headers: response.headers, subject: String(subject) }),
        );
        response.on('error', reject);
      },
    );
    call.on('timeout', () => call.destroy(new Error('timed out')));
    call.on('error', reject);
    call.end();
  });
}

const isOpen = (address: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, address);
    socket.on('connect', () => (socket.destroy(), resolve(true)));
    socket.on('error', () => resolve(false));
  });

describe.skipIf(why !== undefined)(`Ingress${why ? ` (skipped: ${why})` : ''}`, () => {
  let cluster: Cluster;
  let first: TestbedMachine;
  let second: TestbedMachine;

  beforeAll(async () => {
    cluster = await upCluster(2);
    const [one, two] = cluster.testbed.machines;
    if (!one || !two) throw new Error('two machines are needed');
    [first, second] = [one, two];
    await joinMachines(cluster, cluster.testbed.machines);
    await apply([deployment('web', 3), service('web'), deployment('api', 1), service('api')]);
    for (const name of ['web', 'api'])
      await cluster.kubectl.ok(['rollout', 'status', `deployment/${name}`, '--timeout=120s']);
  });
  afterAll(() => cluster?.down());

  const apply = (objects: object[]): Promise<string> =>
    cluster.kubectl.ok(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  const comesTrue = (what: string, probe: () => Promise<unknown>): Promise<unknown> =>
    until(what, async () => Boolean(await probe().catch(() => false)), { timeoutMs: 40_000, everyMs: 200 });
  const eventsOf = async (name: string): Promise<string[]> =>
    (
      await cluster.kubectl.json<{ items: Event[] }>([
        'get',
        'events',
        '--field-selector',
        `involvedObject.kind=Ingress,involvedObject.name=${name}`,
      ])
    ).items.map(({ reason, message }) => `${reason}: ${message}`);

  const deployment = (name: string, replicas: number): object => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          containers: [
            {
              name: 'nginx',
              image: cluster.image('nginx:1.22'),
              ports: [{ name: 'http', containerPort: 80 }],
              readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 1 },
            },
          ],
        },
      },
    },
  });
  const service = (name: string): object => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  });
  const ingress = (name: string, host: string, backend: string, more: object = {}, annotations = {}): object => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, annotations },
    spec: {
      rules: [
        {
          host,
          http: {
            paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: backend, port: { name: 'http' } } } }],
          },
        },
      ],
      ...more,
    },
  });

  test('opens no port before somebody asks for it', async () => {
    expect(await isOpen(first.address, 80)).toBe(false);
    expect(await isOpen(first.address, 443)).toBe(false);
  });

  test('serves a host on every machine, and its status says where', async () => {
    await apply([ingress('web', 'web.example', 'web')]);
    for (const { address } of [first, second])
      await comesTrue(`web.example at ${address}`, async () =>
        (await get(address, 'web.example')).body.includes('nginx'),
      );
    expect((await get(first.address, 'other.example')).status).toBe(404);
    await comesTrue('the addresses in its status', async () => {
      const { status } = await cluster.kubectl.json<Ingress>(['get', 'ingress', 'web']);
      return (
        status?.loadBalancer?.ingress?.map(({ ip }) => ip).join() === [first.address, second.address].sort().join()
      );
    });
    expect(await cluster.kubectl.ok(['get', 'ingress', 'web'])).toMatch(/^web +wheelhouse|<none> +web\.example/m);
  });

  test('TLS from a Secret, exchanged while it serves', async () => {
    const secret = async (): Promise<object> => {
      const { certificate, key } = await selfSignedCertificate('tls.example', new Date());
      return {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'tls' },
        type: 'kubernetes.io/tls',
        stringData: { 'tls.crt': certificate, 'tls.key': key },
      };
    };
    await apply([ingress('tls', 'tls.example', 'web', { tls: [{ hosts: ['tls.example'], secretName: 'tls' }] })]);
    await comesTrue('an event about the missing Secret', async () =>
      (await eventsOf('tls')).some((event) => event.startsWith('MissingSecret: Secret default/tls of spec.tls')),
    );
    await apply([await secret()]);
    await comesTrue(
      'its certificate',
      async () => (await get(second.address, 'tls.example', '/', true)).subject === 'tls.example',
    );
    expect(await get(second.address, 'tls.example', '/x')).toMatchObject({
      status: 308,
      headers: { location: 'https://tls.example/x' },
    });
    // A broken one costs this host its certificate, and nobody else anything.
    await cluster.kubectl.ok(['patch', 'secret', 'tls', '-p', JSON.stringify({ stringData: { 'tls.key': 'no key' } })]);
    await comesTrue('an event about the broken Secret', async () =>
      (await eventsOf('tls')).some((event) => event.includes('tls.key is no private key')),
    );
    expect((await get(first.address, 'web.example')).status).toBe(200);
    await apply([await secret()]);
    await comesTrue(
      'a certificate again',
      async () => (await get(second.address, 'tls.example', '/', true)).subject === 'tls.example',
    );
  });

  test('of two that want one host the older has it, and the other is told', async () => {
    await apply([ingress('late', 'web.example', 'api')]);
    await comesTrue('an event', async () =>
      (await eventsOf('late')).includes(
        'Conflict: host web.example and path / are already served by Ingress default/web',
      ),
    );
    await cluster.kubectl.ok(['delete', 'ingress', 'late']);
  });

  test('an annotation that would be configuration is refused with an event', async () => {
    const annotations = { 'nginx.ingress.kubernetes.io/configuration-snippet': 'return 200 hacked;' };
    await apply([ingress('evil', 'evil.example', 'web', {}, annotations)]);
    await comesTrue('an event', async () =>
      (await eventsOf('evil')).some((event) => event.includes('raw nginx configuration is not taken from an Ingress')),
    );
    await comesTrue('the host without it', async () =>
      (await get(first.address, 'evil.example')).body.includes('nginx'),
    );
  });

  /** Asks both machines again and again until `work` is done, at least `least` times; returns what went wrong. */
  async function underLoad(least: number, work: () => Promise<unknown>): Promise<string[]> {
    const failures: string[] = [];
    let asked = 0;
    let done = false;
    const client = async ({ address }: TestbedMachine): Promise<void> => {
      while (!done || asked < least) {
        asked += 1;
        const { status } = await get(address, 'web.example').catch((error: unknown) => ({ status: String(error) }));
        if (status !== 200) failures.push(`${address}: ${status}`);
      }
    };
    const clients = [first, second, first, second].map(client);
    await work().finally(() => (done = true));
    await Promise.all(clients);
    return failures;
  }

  test('loses no request while its backend is rolled out anew', async () => {
    const failures = await underLoad(1_000, async () => {
      await cluster.kubectl.ok(['rollout', 'restart', 'deployment/web']);
      await cluster.kubectl.ok(['rollout', 'status', 'deployment/web', '--timeout=120s']);
    });
    expect(failures).toEqual([]);
  });

  test('loses no request while the agents are restarted', async () => {
    const failures = await underLoad(500, () =>
      Promise.all([first, second].map((machine) => runIn(machine, ['docker', 'restart', 'wheelhouse-agent']))),
    );
    expect(failures).toEqual([]);
  });

  test('serves on while the control plane is away, over a restart of the agent too', async () => {
    await cluster.serve.stop();
    await runIn(first, ['docker', 'restart', 'wheelhouse-agent']);
    for (let count = 0; count < 20; count += 1) expect((await get(first.address, 'web.example')).status).toBe(200);
    cluster.restarted(await cluster.serve.restart());
  });

  test('closes its ports when the last Ingress is gone', async () => {
    await cluster.kubectl.ok(['delete', 'ingress', '--all']);
    await comesTrue('port 80 to be closed', async () => !(await isOpen(first.address, 80)));
  });
});
