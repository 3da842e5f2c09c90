import { createReadStream, existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { WebSocketServer, type WebSocket } from 'ws';
import type {
  ApiMessage,
  ApiParams,
  ChannelParams,
  ClientFrame,
  InfoMessage,
  MetricsMessage,
  OverviewMessage,
  RowsMessage,
  RowsParams,
} from '../../shared/live/contract.ts';
import type { Row } from '../../shared/view/rows.ts';
import { objectOf, replicaSetsOf } from './scripted-objects.ts';
import { answerPage, startStream } from './scripted-pages.ts';
import { deployments, events, namespaceRows, nodes, pods, rowsOf } from './scripted-rows.ts';

/** A live server with made-up rows, for looking at the screen. */

const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
const now = (): string => new Date().toISOString();
const field = (row: Row, name: string): unknown => (row as unknown as Record<string, unknown>)[name];
const facetOf = (row: Row, name: string): string => {
  if (name === 'state') return row.state.kind;
  return name === 'word' ? row.state.word : String(field(row, name) ?? '');
};

function rows(params: RowsParams): RowsMessage {
  const all = rowsOf(params.resource).filter((row) => params.namespace === '' || row.namespace === params.namespace);
  const found = all.filter(
    (row) =>
      JSON.stringify(row).toLowerCase().includes(params.search.toLowerCase()) &&
      Object.entries(params.facets).every(([name, values]) => values.includes(facetOf(row, name))),
  );
  const key = (row: Row): string | number => {
    const value = params.sort.field === 'state' ? row.state.word : field(row, params.sort.field);
    return typeof value === 'number' ? value : String(value ?? '');
  };
  found.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0) * (params.sort.descending ? -1 : 1));
  const count = (name: string): { value: string; count: number }[] => {
    const counts = new Map<string, number>();
    for (const row of all) counts.set(facetOf(row, name), (counts.get(facetOf(row, name)) ?? 0) + 1);
    return [...counts].map(([value, total]) => ({ value, count: total }));
  };
  return {
    total: found.length,
    unfiltered: all.length,
    offset: params.offset,
    rows: found.slice(params.offset, params.offset + params.limit),
    state: 'live',
    asOf: now(),
    facets: Object.fromEntries(
      ['state', 'node', 'owner', 'namespace', 'type', 'reason', 'word'].map((name) => [name, count(name)]),
    ),
  };
}

function overview(): OverviewMessage {
  const problems = [...pods, ...deployments, ...nodes].filter(
    (row) => row.state.kind === 'failing' || row.state.kind === 'waiting',
  );
  const byState: Record<string, number> = {};
  for (const pod of pods) byState[pod.state.kind] = (byState[pod.state.kind] ?? 0) + 1;
  return {
    nodes: { total: nodes.length, ready: 4, simulated: 2 },
    pods: { total: pods.length, byState },
    deployments: { total: deployments.length, healthy: deployments.length - 1 },
    cpu: { allocatable: 19.5, requested: 11, used: 6.2 },
    memory: { allocatable: 38 * 2 ** 30, requested: 20 * 2 ** 30, used: 13.5 * 2 ** 30 },
    problems: problems.slice(0, 50),
    problemCount: problems.length,
    namespaces: namespaceRows.map((row) => row.name),
    state: 'live',
    asOf: now(),
  };
}

function metrics(): MetricsMessage {
  const start = Date.now() - 15 * 60_000;
  const points = Array.from({ length: 180 }, (_, index) => ({
    at: start + index * 5000,
    cpu: 5 + Math.sin(index / 9) * 1.2 + Math.sin(index / 2.3) * 0.3,
    memory: (12 + Math.sin(index / 30) * 1.5) * 2 ** 30,
  }));
  return { reset: true, series: [{ name: 'cluster', points }] };
}

function api({ method, path }: ApiParams): ApiMessage {
  const name = decodeURIComponent(path.split('/').at(-1) ?? '');
  if (method === 'GET' && path.endsWith('/replicasets'))
    return { ok: true, value: { items: deployments.flatMap((row) => replicaSetsOf(objectOf(row))) } };
  const row = [...deployments, ...nodes, ...pods].find((one) => one.name === name);
  if (method === 'GET' && row) return { ok: true, value: objectOf(row) };
  if (method === 'GET')
    return { ok: false, status: { code: 404, reason: 'NotFound', message: `"${name}" not found`, status: 'Failure' } };
  return { ok: true, value: {} };
}

const info: InfoMessage = {
  version: '0.1.0',
  kubernetesVersion: 'v1.34.0',
  mode: 'serve',
  apiUrl: 'https://127.0.0.1:6443',
  kubeconfigPath: 'admin.kubeconfig',
  credentialStorage: 'Encrypted with a key file that only you can read.',
  localDocker: { available: false, reason: 'Docker does not answer at /var/run/docker.sock: permission denied.' },
  user: 'admin',
};

function answer(channel: string, params: unknown): unknown {
  switch (channel) {
    case 'rows':
      return rows(params as RowsParams);
    case 'object': {
      const { resource, name, namespace } = params as ChannelParams<'object'>;
      const row = rowsOf(resource).find((one) => one.name === name && one.namespace === namespace) ?? null;
      return { object: row && objectOf(row), row, state: 'live', asOf: now() };
    }
    case 'events':
      return {
        ...rows({
          resource: 'events',
          namespace: '',
          search: '',
          facets: {},
          sort: { field: 'lastSeen', descending: true },
          offset: 0,
          limit: 50,
        }),
        rows: events.slice(0, 8),
      };
    case 'overview':
      return overview();
    case 'metrics':
      return metrics();
    case 'api':
      return api(params as ApiParams);
    case 'info':
      return info;
    default:
      return undefined;
  }
}

function serve(socket: WebSocket): void {
  const opened = new Map<number, string>();
  const streams = new Map<number, (input: unknown) => void>();
  const send = (frame: unknown): void => socket.send(JSON.stringify(frame));
  socket.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as ClientFrame;
    if (frame.type === 'ping') send({ type: 'pong' });
    if (frame.type === 'open') {
      opened.set(frame.id, frame.channel);
      const take = startStream(
        frame.channel,
        (data) => send({ type: 'data', id: frame.id, data }),
        () => send({ type: 'end', id: frame.id }),
      );
      if (take) streams.set(frame.id, take);
      const message = answerPage(frame.channel, frame.params) ?? answer(frame.channel, frame.params);
      if (message !== undefined) send({ type: 'data', id: frame.id, data: message });
    }
    if (frame.type === 'send') streams.get(frame.id)?.(frame.data);
    if (frame.type === 'send' && opened.get(frame.id) === 'rows')
      send({ type: 'data', id: frame.id, data: answer('rows', frame.data) });
  });
}

/** Serves a built renderer and the scripted cluster on a free loopback port. */
export async function startScriptedServer(folder: string): Promise<{ url: string; close: () => void }> {
  const server: Server = createServer((request, response) => {
    const path = normalize((request.url ?? '/').split('?')[0] ?? '/');
    const file = join(folder, path === '/' ? 'index.html' : path);
    if (!file.startsWith(folder) || !existsSync(file)) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
    createReadStream(file).pipe(response);
  });
  const sockets = new WebSocketServer({ server, path: '/live' });
  sockets.on('connection', serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => {
      for (const socket of sockets.clients) socket.terminate();
      server.close();
    },
  };
}
