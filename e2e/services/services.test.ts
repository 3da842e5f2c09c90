// Services and names on real machines: every statement is real traffic, from pods, from the machines and from outside.
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Node, Pod, Service } from '../../src/shared/api/kinds.ts';
import { joinMachines, podsOf, upCluster, type Cluster } from '../harness/cluster.ts';
import { noKubectl } from '../harness/kubectl.ts';
import { ServeProcess } from '../harness/serve-process.ts';
import { runIn } from '../testbed/machine.ts';
import type { TestbedMachine } from '../testbed/testbed.ts';
import { until } from '../testbed/wait.ts';

const why = process.env['WHEELHOUSE_NO_TESTBED'] ?? noKubectl;

/** Says who it is, and whom it sees; goes on for a while when it is told to end, as a good server does. */
const SERVER = `
const name = require('os').hostname();
require('http').createServer((q, s) => s.end(name + ' ' + q.socket.remoteAddress.replace('::ffff:', ''))).listen(8080);
const udp = require('dgram').createSocket('udp4');
udp.on('message', (m, from) => udp.send(name, from.port, from.address)).bind(9090);
process.on('SIGTERM', () => setTimeout(() => process.exit(0), 3000));
`;
/** \`get(url)\` on a connection of its own. */
const GET = `
const get = (url) => new Promise((ok) => {
  const r = require('http').get(url, { agent: false, timeout: globalThis.patience ?? 3000 }, (s) => {
    let t = ''; s.on('data', (d) => t += d).on('end', () => ok(t));
  });
  r.on('timeout', () => r.destroy(new Error('ETIMEDOUT'))).on('error', (e) => ok(e.code || e.message));
});
`;

describe.skipIf(why !== undefined)(`Services${why ? ` (skipped: ${why})` : ''}`, () => {
  let cluster: Cluster;
  let node: string;

  beforeAll(async () => {
    cluster = await upCluster(2);
    node = cluster.testbed.images.find((image) => image.includes('/node:')) ?? '';
    await joinMachines(cluster, cluster.testbed.machines);
    await apply([
      deployment('web', 4, { app: 'web' }),
      service('web', { selector: { app: 'web' }, ports: PORTS }),
      pod('client', 'wh-1', ['node', '-e', 'setInterval(() => {}, 1e6)']),
      pod('db-0', 'wh-2', ['node', '-e', SERVER], { hostname: 'db-0', subdomain: 'db', labels: { app: 'db' } }),
      service('db', { clusterIP: 'None', selector: { app: 'db' }, ports: PORTS }),
      service('outside', { type: 'ExternalName', externalName: 'web.default.svc.cluster.local' }),
    ]);
    await ready('app=web', 4);
    await ready('run=client', 1);
    await ready('app=db', 1);
  });
  afterAll(() => cluster?.down());

  const PORTS = [
    { name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' },
    { name: 'echo', port: 90, targetPort: 9090, protocol: 'UDP' },
  ];
  const apply = (objects: object[]): Promise<string> =>
    cluster.kubectl.ok(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  const service = (name: string, spec: object): object => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec,
  });
  const container = (command: string[]): object => ({
    name: 'app',
    image: node,
    command,
    ports: [{ name: 'http', containerPort: 8080 }],
  });
  const pod = (
    name: string,
    nodeName: string,
    command: string[],
    more: { labels?: object; hostname?: string; subdomain?: string } = {},
  ): object => {
    const { labels = { run: name }, ...spec } = more;
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, labels },
      spec: { nodeName, terminationGracePeriodSeconds: 1, containers: [container(command)], ...spec },
    };
  };
  const deployment = (name: string, replicas: number, labels: object): object => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 10,
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: 'kubernetes.io/hostname',
              whenUnsatisfiable: 'DoNotSchedule',
              labelSelector: { matchLabels: labels },
            },
          ],
          containers: [
            {
              ...container(['node', '-e', SERVER]),
              readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 1 },
            },
          ],
        },
      },
    },
  });
  const ready = (selector: string, count: number): Promise<Pod[]> =>
    until(
      `${count} pods of ${selector} to be ready`,
      async () => {
        const pods = (await podsOf(cluster, selector)).filter(({ metadata }) => !metadata?.deletionTimestamp);
        const all =
          pods.length === count && pods.every(({ status }) => status?.containerStatuses?.every((each) => each.ready));
        return all ? pods : undefined;
      },
      { timeoutMs: 120_000, everyMs: 250 },
    );
  const machine = (name: string): TestbedMachine => {
    const found = cluster.testbed.machines.find((each) => each.name === name);
    if (!found) throw new Error(`no machine ${name}`);
    return found;
  };
  const read = (name: string): Promise<Service> => cluster.kubectl.json<Service>(['get', 'service', name]);
  /** Runs JavaScript in a pod; what it prints, as JSON. */
  const inPod = async <T>(name: string, script: string): Promise<T> =>
    JSON.parse(
      await cluster.kubectl.ok(['exec', name, '--', 'node', '-e', `${GET}\n(async () => { ${script} })()`]),
    ) as T;
  /** The answers to so many requests, each on a connection of its own. */
  const ask = (url: string, times: number, from = 'client'): Promise<string[]> =>
    inPod(
      from,
      `const all = []; for (let i = 0; i < ${times}; i++) all.push(await get('${url}')); console.log(JSON.stringify(all))`,
    );
  const names = (answers: string[]): Set<string> => new Set(answers.map((answer) => answer.split(' ')[0] ?? ''));
  /** From this computer, which is outside of the cluster. */
  const outside = (address: string, port: number): Promise<string> =>
    new Promise((resolve) => {
      const asked = request({ host: address, port, agent: false, timeout: 3000 }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString())).on('end', () => resolve(text));
      });
      asked.on('timeout', () => asked.destroy(new Error('ETIMEDOUT')));
      asked.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message)).end();
    });
  const holds = (what: string, probe: () => Promise<boolean>, timeoutMs = 30_000): Promise<unknown> =>
    until(what, probe, { timeoutMs, everyMs: 200 });

  describe('by address', () => {
    test('spread connections over the pods of both machines, and keep the client’s address', async () => {
      const { spec } = await read('web');
      const answers = await ask(`http://${spec?.clusterIP ?? ''}/`, 80);
      const pods = await podsOf(cluster, 'app=web');
      expect(names(answers)).toEqual(new Set(pods.map(({ metadata }) => metadata?.name)));
      const client = await cluster.kubectl.json<Pod>(['get', 'pod', 'client']);
      expect(new Set(answers.map((answer) => answer.split(' ')[1]))).toEqual(new Set([client.status?.podIP]));
    });

    test('a pod reaches itself', async () => {
      const [{ metadata }] = (await podsOf(cluster, 'app=web')) as [Pod];
      const name = metadata?.name ?? '';
      expect(names(await ask('http://web/', 40, name))).toContain(name);
    });

    test('the machines themselves reach them', async () => {
      const { spec } = await read('web');
      const page = await runIn(machine('wh-2'), ['busybox', 'wget', '-qO-', `http://${spec?.clusterIP ?? ''}/`]);
      expect(page).toMatch(/^web-/);
    });

    test('UDP is answered', async () => {
      const script = `const s = require('dgram').createSocket('udp4');
        s.on('message', (m) => { console.log(JSON.stringify(String(m))); s.close(); });
        s.send('x', 90, 'web');`;
      expect(await inPod<string>('client', script)).toMatch(/^web-/);
    });

    test('without endpoints, and at a port there is none of, a connection is refused at once', async () => {
      await apply([service('empty', { selector: { app: 'none' }, ports: PORTS })]);
      await holds('the empty Service to refuse', async () => (await ask('http://empty/', 1))[0] === 'ECONNREFUSED');
      expect(await ask('http://web:81/', 1)).toEqual(['ECONNREFUSED']);
    });

    test('with session affinity a client stays with one pod', async () => {
      await apply([service('sticky', { selector: { app: 'web' }, ports: PORTS, sessionAffinity: 'ClientIP' })]);
      await holds('the sticky Service to answer', async () => /^web-/.test((await ask('http://sticky/', 1))[0] ?? ''));
      expect(names(await ask('http://sticky/', 20)).size).toBe(1);
    });

    test('internalTrafficPolicy Local stays on the machine', async () => {
      const here = (await podsOf(cluster, 'app=web')).filter(({ spec }) => spec?.nodeName === 'wh-1');
      await apply([service('near', { selector: { app: 'web' }, ports: PORTS, internalTrafficPolicy: 'Local' })]);
      await holds('the near Service to answer', async () => /^web-/.test((await ask('http://near/', 1))[0] ?? ''));
      expect(names(await ask('http://near/', 30))).toEqual(new Set(here.map(({ metadata }) => metadata?.name)));
    });
  });

  describe('from outside', () => {
    test('a node port answers on every machine', async () => {
      await apply([service('ported', { type: 'NodePort', selector: { app: 'web' }, ports: PORTS })]);
      const port = (await read('ported')).spec?.ports?.[0]?.nodePort ?? 0;
      for (const { address } of cluster.testbed.machines) {
        await holds(`port ${port} of ${address} to answer`, async () => /^web-/.test(await outside(address, port)));
      }
    });

    test('a LoadBalancer has the machines’ addresses; with the policy Local it sees who asks', async () => {
      await apply([
        service('balanced', {
          type: 'LoadBalancer',
          externalTrafficPolicy: 'Local',
          selector: { app: 'web' },
          ports: [{ name: 'http', port: 8088, targetPort: 'http', protocol: 'TCP' }],
        }),
      ]);
      const addresses = cluster.testbed.machines.map(({ address }) => address).sort();
      await holds('its addresses', async () => {
        const { status } = await read('balanced');
        return (status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip).join() === addresses.join();
      });
      const [first = ''] = addresses;
      await holds('it to answer', async () => /^web-/.test(await outside(first, 8088)));
      const seen = (await outside(first, 8088)).split(' ')[1];
      // Not one of the machines': this computer's own.
      expect(addresses).not.toContain(seen);
      expect(seen).toMatch(new RegExp(`^${first.split('.').slice(0, 3).join('\\.')}\\.`));
      const check = (await read('balanced')).spec?.healthCheckNodePort ?? 0;
      await holds('its health check', async () =>
        (await outside(first, check)).includes('"serviceProxyHealthy": true'),
      );
    });
  });

  describe('by name', () => {
    const lookUp = <T>(call: string): Promise<T> =>
      inPod(
        'client',
        `const d = require('dns').promises; let r; try { r = await ${call} } catch (e) { r = e.code } console.log(JSON.stringify(r))`,
      );

    test('Services, pods of headless Services, ports and addresses are found', async () => {
      const { spec } = await read('web');
      const db = await cluster.kubectl.json<Pod>(['get', 'pod', 'db-0']);
      const ip = db.status?.podIP ?? '';
      expect(await lookUp(`d.resolve4('web.default.svc.cluster.local')`)).toEqual([spec?.clusterIP]);
      expect(await lookUp(`d.lookup('web')`)).toEqual({ address: spec?.clusterIP, family: 4 });
      expect(await lookUp(`d.lookup('web.default')`)).toEqual({ address: spec?.clusterIP, family: 4 });
      expect(await lookUp(`d.resolve4('db-0.db.default.svc.cluster.local')`)).toEqual([ip]);
      expect(await lookUp(`d.resolveSrv('_http._tcp.db.default.svc.cluster.local')`)).toEqual([
        { name: 'db-0.db.default.svc.cluster.local', port: 8080, priority: 0, weight: 100 },
      ]);
      expect(await lookUp(`d.reverse('${ip}')`)).toEqual(['db-0.db.default.svc.cluster.local']);
      expect(await lookUp(`d.resolveCname('outside.default.svc.cluster.local')`)).toEqual([
        'web.default.svc.cluster.local',
      ]);
      expect(await lookUp(`d.lookup('outside')`)).toEqual({ address: spec?.clusterIP, family: 4 });
    });

    test('what is not there is not found, in the cluster and outside', async () => {
      expect(await lookUp(`d.resolve4('nosuch.default.svc.cluster.local')`)).toBe('ENOTFOUND');
      expect(await lookUp(`d.resolve6('web.default.svc.cluster.local')`)).toBe('ENODATA');
      // Asked of the machine's own resolver, which on the testbed knows nothing.
      expect(await lookUp(`d.resolve4('example.invalid')`)).toBe('ENOTFOUND');
    });

    test('new Services are found at once, deleted ones no more', async () => {
      await apply([service('fresh', { selector: { app: 'web' }, ports: PORTS })]);
      await holds(
        'its name',
        async () => Array.isArray(await lookUp(`d.resolve4('fresh.default.svc.cluster.local')`)),
        5_000,
      );
      await cluster.kubectl.ok(['delete', 'service', 'fresh']);
      await holds(
        'its name to go',
        async () => (await lookUp(`d.resolve4('fresh.default.svc.cluster.local')`)) === 'ENOTFOUND',
        5_000,
      );
    });
  });

  test('the API server is reached from a pod, by its name and by the environment', async () => {
    const ca = /certificate-authority-data: (\S+)/.exec(await readFile(cluster.serve.kubeconfig, 'utf8'))?.[1] ?? '';
    const script = `
      const ca = Buffer.from('${ca}', 'base64');
      const ask = (host) => new Promise((ok) => require('https').get({ host, port: process.env.KUBERNETES_SERVICE_PORT, path: '/api/v1/nodes', ca, servername: 'kubernetes.default.svc' },
        (s) => { let t = ''; s.on('data', (d) => t += d).on('end', () => ok(JSON.parse(t).kind + ' ' + s.statusCode)); }).on('error', (e) => ok(e.code)));
      console.log(JSON.stringify([await ask('kubernetes.default.svc'), await ask(process.env.KUBERNETES_SERVICE_HOST)]))`;
    // Nobody in particular asks: that it is refused in the API server's words is the proof.
    expect(await inPod('client', script)).toEqual([
      expect.stringMatching(/^Status 40[13]$/),
      expect.stringMatching(/^Status 40[13]$/),
    ]);
  });

  test('what a node answers itself is closed to the pods of others', async () => {
    const { spec } = await cluster.kubectl.json<Node>(['get', 'node', 'wh-2']);
    const gateway = spec?.podCIDR?.replace(/0\/24$/, '1') ?? '';
    expect(await ask(`http://${gateway}:6443/`, 1)).toEqual(['ETIMEDOUT']);
    const own = (await podsOf(cluster, 'app=db'))[0]?.metadata?.name ?? '';
    // There it is open, and speaks TLS only.
    expect(await ask(`http://${gateway}:6443/`, 1, own)).not.toEqual(['ETIMEDOUT']);
  });

  test('a UDP client that never changes its port moves on with the pods', async () => {
    const backend = (name: string): object => pod(name, 'wh-2', ['node', '-e', SERVER], { labels: { app: 'solo' } });
    await apply([backend('solo-a'), service('solo', { selector: { app: 'solo' }, ports: PORTS })]);
    await ready('app=solo', 1);
    const heard = inPod<string[]>(
      'client',
      `const seen = []; const s = require('dgram').createSocket('udp4').bind(5555);
       s.on('message', (m) => { const name = String(m); if (!seen.includes(name)) seen.push(name); });
       const end = Date.now() + 60000;
       const timer = setInterval(() => {
         s.send('x', 90, 'solo');
         if (seen.length < 2 && Date.now() < end) return;
         clearInterval(timer); s.close(); console.log(JSON.stringify(seen));
       }, 100);`,
    );
    await holds('the first pod to be heard', async () => {
      const flows = await runIn(machine('wh-1'), [
        'sh',
        '-c',
        'conntrack -L -p udp --orig-port-dst 90 2>/dev/null || true',
      ]);
      return /sport=5555 dport=90/.test(flows) && !flows.includes('UNREPLIED');
    });
    await cluster.kubectl.ok(['delete', 'pod', 'solo-a', '--wait=true']);
    await apply([backend('solo-b')]);
    expect(await heard).toEqual(['solo-a', 'solo-b']);
  }, 120_000);

  test('no request is lost while the pods behind a Service are replaced', async () => {
    // A new connection each 30 ms, for longer than the replacing takes.
    const load = inPod<{ done: number; failed: string[] }>(
      'client',
      // On a busy machine an answer may take its time; a request that is lost never has one.
      `globalThis.patience = 20000; let done = 0; const failed = [];
       while (done < 1200) {
         const answer = await get('http://web/'); done++;
         if (!answer.startsWith('web-')) failed.push(answer);
         await new Promise((next) => setTimeout(next, 30));
       }
       console.log(JSON.stringify({ done, failed }))`,
    );
    await cluster.kubectl.ok(['rollout', 'restart', 'deployment', 'web']);
    await cluster.kubectl.ok(['rollout', 'status', 'deployment', 'web', '--timeout=90s']);
    const { done, failed } = await load;
    expect(failed).toEqual([]);
    expect(done).toBe(1200);
  }, 180_000);

  test('rules that others flush come back', async () => {
    await runIn(machine('wh-1'), ['nft', 'flush', 'ruleset']);
    await holds('Services to answer again', async () => /^web-/.test((await ask('http://web/', 1))[0] ?? ''));
  });

  test('without the control plane Services and names go on, also when the agent starts anew', async () => {
    const { apiPort, uiPort, dataDir } = cluster.serve;
    await cluster.serve.stop();
    const agent = (
      await runIn(machine('wh-1'), ['docker', 'ps', '-q', '--filter', 'label=wheelhouse.dev/role=agent'])
    ).trim();
    await runIn(machine('wh-1'), ['docker', 'restart', '-t', '3', agent]);
    const client = (
      await runIn(machine('wh-1'), [
        'docker',
        'ps',
        '-q',
        '--filter',
        'label=io.kubernetes.pod.name=client',
        '--filter',
        'label=io.kubernetes.container.name=app',
      ])
    ).trim();
    const page = async (): Promise<string> =>
      runIn(machine('wh-1'), [
        'docker',
        'exec',
        client,
        'node',
        '-e',
        `${GET} get('http://web.default.svc.cluster.local/').then(console.log)`,
      ]);
    await holds('a Service to answer by its name', async () => /^web-/.test(await page()));
    cluster.restarted(await ServeProcess.start({ dataDir, apiPort, uiPort }));
    await ready('run=client', 1);
  }, 180_000);
});
