import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { duplexPair, type Duplex } from 'node:stream';
import type { Node, Pod } from '../../shared/api/kinds.ts';
import { simulatedSummary } from './usage.ts';

/** Why nothing can be streamed. */
const NO_PROCESS = 'a simulated pod runs no process: there is nothing to exec into, attach to or forward a port to';

export interface SimulatedNodeView {
  node(name: string): Node | undefined;
  podsOf(nodeName: string): Pod[];
  now(): number;
}

/**
 * The kubelet API of simulated nodes, without a socket: the API server dials a pair of streams. It answers what a
 * simulated node can honestly answer (statistics, pods, a log that says what it is) and refuses the rest in words.
 */
export class SimulatedKubelet {
  readonly #server: Server;
  readonly #nodeOf = new WeakMap<object, string>();

  constructor(private readonly view: SimulatedNodeView) {
    this.#server = createServer((request, response) => this.#answer(request, response));
    this.#server.on('upgrade', (_request, socket: Duplex) => {
      socket.end(
        `HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: ${NO_PROCESS.length}\r\nconnection: close\r\n\r\n${NO_PROCESS}`,
      );
    });
  }

  /** A connection to one node's kubelet API. */
  dial(nodeName: string): Duplex {
    const [ours, theirs] = duplexPair();
    this.#nodeOf.set(ours, nodeName);
    this.#server.emit('connection', ours);
    return theirs;
  }

  close(): void {
    this.#server.close();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const node = this.view.node(this.#nodeOf.get(request.socket) ?? '');
    const path = (request.url ?? '').split('?')[0] ?? '';
    if (!node) return send(response, 404, 'text/plain', 'this simulated node no longer exists');
    if (path === '/healthz') return send(response, 200, 'text/plain', 'ok');
    const pods = this.view.podsOf(node.metadata?.name ?? '');
    if (path === '/stats/summary')
      return send(response, 200, 'application/json', JSON.stringify(simulatedSummary(node, pods, this.view.now())));
    if (path === '/pods')
      return send(
        response,
        200,
        'application/json',
        JSON.stringify({ apiVersion: 'v1', kind: 'PodList', metadata: {}, items: pods }),
      );
    if (path.startsWith('/containerLogs/')) {
      return send(
        response,
        200,
        'text/plain',
        `This pod is simulated on ${node.metadata?.name ?? ''}: no process runs, so there is no output.\n`,
      );
    }
    // A volume that nothing is ever written to needs no directory.
    if (path.startsWith('/volumes/')) return send(response, 200, 'text/plain', `/simulated${path}`);
    // Asked before a port-forward is begun.
    if (path.startsWith('/portForward/')) return send(response, 400, 'text/plain', NO_PROCESS);
    send(response, 404, 'text/plain', `simulated nodes do not serve ${path}`);
  }
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'content-type': type }).end(text);
}
