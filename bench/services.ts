/** Services on a node: how long the kernel's rules take to make and to change, and how fast names are answered. */
import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { encode } from 'dns-packet';
import { Registry } from 'prom-client';
import { dnsMetrics } from '../src/agent/dns/dns-metrics.ts';
import { DnsServer } from '../src/agent/dns/dns-server.ts';
import { Resolver } from '../src/agent/dns/resolver.ts';
import { runCommand } from '../src/agent/network/run-command.ts';
import { Renderer, type ProxyNode } from '../src/agent/proxy/render.ts';
import { replacement, transaction } from '../src/agent/proxy/transaction.ts';
import type { EndpointSlice, Service } from '../src/shared/api/kinds.ts';
import { Latencies } from './latencies.ts';
import { atLeast, atMost, count, duration, perSecond, type Benchmark, type Row } from './report.ts';

const NODE: ProxyNode = { name: 'node-0', zone: undefined, nodeLocal: new Map() };
const ENDPOINTS = 5;
const QUESTIONS = 100_000;
/** Asked and not answered yet, as many clients at once would have it. */
const UNDER_WAY = 64;

function service(index: number): Service {
  const ip = `10.96.${String((index >> 8) + 1)}.${String(index & 255)}`;
  return {
    metadata: { name: `web-${String(index)}`, namespace: 'default' },
    spec: {
      type: 'ClusterIP',
      clusterIP: ip,
      clusterIPs: [ip],
      ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
    },
  };
}

function slice(index: number, endpoints = ENDPOINTS): EndpointSlice {
  const name = `web-${String(index)}`;
  return {
    metadata: { name, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: Array.from({ length: endpoints }, (_, node) => ({
      addresses: [`10.${String(128 + (index >> 8))}.${String(index & 255)}.${String(node + 2)}`],
      nodeName: `node-${String(node)}`,
      conditions: { ready: true },
    })),
  };
}

/** A network namespace for as long as `use` runs; rules there concern nobody. */
async function inNamespace<T>(use: (nft: (commands: string) => Promise<number>) => Promise<T>): Promise<T> {
  const holder = spawn('unshare', ['-n', 'sh', '-c', 'echo ready; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    return await use(async (commands) => {
      const start = performance.now();
      await runCommand('nsenter', ['-t', String(holder.pid), '-n', 'nft', '-f', '-'], commands);
      return performance.now() - start;
    });
  } finally {
    holder.kill('SIGKILL');
  }
}

async function programming(services: number): Promise<Row> {
  const all = Array.from({ length: services }, (_, index) => service(index));
  const slices = new Map(all.map((each, index) => [`default/${each.metadata?.name ?? ''}`, [slice(index)]]));
  const slicesOf = (key: string): EndpointSlice[] => slices.get(key) ?? [];
  return inNamespace(async (nft) => {
    const renderer = new Renderer();
    const start = performance.now();
    let applied = renderer.render(all, slicesOf, NODE);
    const commands = replacement(applied);
    const rendered = performance.now() - start;
    const programmed = await nft(commands);
    const changes = new Latencies();
    for (let round = 0; round < 10; round += 1) {
      slices.set(`default/web-${String(round % services)}`, [slice(round % services, ENDPOINTS - 1 - (round % 2))]);
      const changeStart = performance.now();
      const desired = renderer.render(all, slicesOf, NODE);
      await nft(transaction(desired, applied));
      applied = desired;
      changes.add(performance.now() - changeStart);
    }
    const change = changes.p50;
    return {
      what: `${count(services)} Services`,
      values: {
        'rules made (our part)': duration(rendered),
        'first programming': duration(programmed),
        'one endpoint changed, p50': duration(change),
      },
      budget: atMost(change, 1000, 'ms a change'),
    };
  });
}

/** Asks over loopback as fast as answers come. */
async function names(known: number): Promise<Row> {
  const all = new Map(Array.from({ length: known }, (_, index) => [`web-${String(index)}`, service(index)]));
  const resolver = new Resolver({
    view: () => ({
      view: {
        service: (_, name) => all.get(name),
        slices: () => [],
        hasNamespace: () => true,
        servicesAt: () => [],
        slicesAt: () => [],
      },
      settings: { domain: 'cluster.local', serverIp: '10.96.0.10' },
    }),
    forwarder: { forward: () => Promise.resolve({ kind: 'failed', why: 'not asked' }) },
    domain: 'cluster.local',
    metrics: dnsMetrics(new Registry()),
    random: Math.random,
    serial: () => 1,
  });
  const server = new DnsServer(resolver, { debug: skip, info: skip, warn: console.warn, error: console.error });
  const port = await server.listen('127.0.0.1', 0);
  const client = createSocket('udp4');
  await new Promise<void>((resolve) => client.connect(port, '127.0.0.1', resolve));
  const latencies = new Latencies();
  const sent = new Map<number, number>();
  let asked = 0;
  const ask = (): void => {
    const id = asked % 65_536;
    asked += 1;
    const name = `web-${String(asked % known)}.default.svc.cluster.local`;
    sent.set(id, performance.now());
    client.send(encode({ id, type: 'query', questions: [{ name, type: 'A' }] }));
  };
  const start = performance.now();
  await new Promise<void>((resolve) => {
    client.on('message', (message) => {
      const at = sent.get(message.readUInt16BE(0));
      if (at !== undefined) latencies.add(performance.now() - at);
      if (latencies.count >= QUESTIONS) return resolve();
      if (asked < QUESTIONS) ask();
    });
    for (let index = 0; index < UNDER_WAY; index += 1) ask();
  });
  const seconds = (performance.now() - start) / 1000;
  client.close();
  await server.close();
  const rate = QUESTIONS / seconds;
  return {
    what: `${count(known)} Services, ${String(UNDER_WAY)} under way`,
    values: { rate: perSecond(rate), ...latencies.columns() },
    budget: atLeast(rate, 10_000, 'questions/s'),
  };
}

const skip = (): void => undefined;

export const services: Benchmark = async (emit) => {
  if (process.getuid?.() === 0 && spawnSync('unshare', ['-n', 'nft', 'list', 'tables']).status === 0) {
    const rows: Row[] = [];
    for (const size of [10, 1_000, 10_000]) rows.push(await programming(size));
    emit({
      title: 'Rules of Services',
      method: `Services with ${String(ENDPOINTS)} endpoints each, in a network namespace of their own, by the nft program as the agent calls it. A change is rendered, compared and applied as one transaction.`,
      rows,
    });
  }
  emit({
    title: 'Names',
    method: `${count(QUESTIONS)} questions over UDP on loopback; the asking program shares the process, and so the core, with the server.`,
    rows: [await names(10), await names(10_000)],
  });
};
