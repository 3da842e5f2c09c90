import { chmod, chown, mkdir, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import type { Duplex } from 'node:stream';
import type Docker from 'dockerode';
import { WebSocketServer, type WebSocket } from 'ws';
import { messageOf } from '../../shared/api/errors.ts';
import type { Pod } from '../../shared/api/kinds.ts';
import type { StatsSummary } from '../../shared/api/stats-summary.ts';
import type { Clock, Logger } from '../../shared/logger.ts';
import { dockerMessage } from '../runtime/docker-error.ts';
import type { VolumeDirectories } from '../volumes/volume-directories.ts';
import { EXPOSITION_TYPE } from '../stats/exposition.ts';
import { chooseProtocol } from './channels.ts';
import { sendLogs } from './container-logs.ts';
import { attachSession, execSession } from './exec-session.ts';
import { HttpError } from './http-error.ts';
import { flag, parseLogOptions } from './log-options.ts';
import type { ConnectInPod } from './pod-connection.ts';
import { joinConnection } from './port-forward.ts';
import { parsePodTarget, parsePort, parseTarget, type TargetFinder } from './target.ts';

export interface KubeletServerDeps {
  docker: Docker;
  targets: TargetFinder;
  connectInPod: ConnectInPod;
  pods: () => Pod[];
  stats: () => Promise<StatsSummary>;
  /** Pods that run now, as Docker has them: name, namespace, uid and containers only. */
  runningPods: () => Promise<Pod[]>;
  /** Prometheus' text for a path; undefined where there is none. */
  metrics: (path: string) => Promise<string | undefined>;
  /** What `/configz` shows. */
  configz: () => unknown;
  volumeDirectories: Pick<VolumeDirectories, 'make' | 'remove'>;
  /** Why the node is not well; undefined when it is. */
  problem: () => string | undefined;
  clock: Clock;
  log: Logger;
}

/**
 * The kubelet API, plain HTTP with upstream's paths. Who may open the socket is who may use it: root, and the user the
 * API server comes as. Whether a client may is decided there (`nodes/proxy`, `nodes/metrics`), so that nothing here asks.
 */
export class KubeletServer {
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => chooseProtocol(offered) ?? false,
  });

  constructor(private readonly deps: KubeletServerDeps) {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      void this.#upgrade(request, socket, head);
    });
    // A followed log may be silent for days.
    this.#server.requestTimeout = 0;
  }

  /** Listens on a unix socket that only root and `uid` may open; what an earlier agent left there is removed. */
  async listen(path: string, uid: number): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    await rm(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(path, resolve);
    });
    await chmod(path, 0o600);
    await chown(path, uid, -1);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = new URL(request.url ?? '/', 'http://kubelet');
      if (url.pathname.startsWith('/volumes/')) return await this.#volume(request.method, url, response);
      if (request.method !== 'GET') throw new HttpError(405, 'method not allowed');
      await this.#route(url, response);
    } catch (error) {
      const { code, message } = refusal(error);
      if (code >= 500) this.deps.log.warn({ err: error, url: request.url }, 'kubelet API request failed');
      if (response.headersSent) response.destroy();
      else response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8' }).end(message);
    }
  }

  async #route(url: URL, response: ServerResponse): Promise<void> {
    const { deps } = this;
    switch (url.pathname.split('/')[1]) {
      case 'healthz': {
        const problem = deps.problem();
        if (problem) throw new HttpError(500, problem);
        response.end('ok');
        return;
      }
      case 'pods':
        return sendJson(response, { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: deps.pods() });
      case 'stats':
        if (url.pathname !== '/stats/summary') break;
        return sendJson(response, await deps.stats());
      case 'runningpods':
        return sendJson(response, { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: await deps.runningPods() });
      case 'configz':
        return sendJson(response, { kubeletconfig: deps.configz() });
      case 'metrics': {
        const text = await deps.metrics(url.pathname);
        if (text === undefined) break;
        response.writeHead(200, { 'content-type': EXPOSITION_TYPE }).end(text);
        return;
      }
      case 'containerLogs': {
        const target = parseTarget(url.pathname);
        if (!target) break;
        const options = parseLogOptions(url.searchParams, deps.clock.now());
        return sendLogs(deps.docker, await deps.targets.forLogs(target, options.previous), options, response);
      }
      case 'portForward': {
        const target = parsePodTarget(url.pathname);
        if (!target) break;
        await deps.targets.network(target);
        response.end('ok');
        return;
      }
    }
    throw new HttpError(404, '404 page not found');
  }

  /** PUT and DELETE of `/volumes/NAME`: the directory of a PersistentVolume; both may be repeated. */
  async #volume(method: string | undefined, url: URL, response: ServerResponse): Promise<void> {
    const { volumeDirectories } = this.deps;
    const name = decodeURIComponent(url.pathname.slice('/volumes/'.length));
    if (method === 'PUT') response.end(await volumeDirectories.make(name));
    else if (method === 'DELETE') {
      await volumeDirectories.remove(name);
      response.end();
    } else throw new HttpError(405, 'method not allowed');
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { docker, targets, log } = this.deps;
    socket.on('error', (error) => log.debug({ err: error }, 'connection lost'));
    try {
      const url = new URL(request.url ?? '/', 'http://kubelet');
      const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim());
      if (!chooseProtocol(offered))
        throw new HttpError(400, `unable to negotiate a protocol out of ${offered.join(', ')}`);
      const accept = (): Promise<WebSocket> =>
        new Promise((resolve) => this.#sockets.handleUpgrade(request, socket, head, resolve));
      const verb = url.pathname.split('/')[1];
      if (verb === 'portForward') return await this.#forward(url, socket, accept);
      const target = parseTarget(url.pathname);
      if (!target || (verb !== 'exec' && verb !== 'attach')) throw new HttpError(404, '404 page not found');
      const query = url.searchParams;
      const [stdin, stdout, stderr] = ['input', 'output', 'error'].map((name) => flag(query, name));
      const options = {
        stdin: stdin ?? false,
        stdout: stdout ?? false,
        stderr: stderr ?? false,
        tty: flag(query, 'tty'),
      };
      if (!options.stdin && !options.stdout && !options.stderr) {
        throw new HttpError(400, 'you must specify at least 1 of stdin, stdout, stderr');
      }
      const container = await targets.running(target);
      if (verb === 'exec') await execSession(docker, container, query.getAll('command'), options, accept, log);
      else await attachSession(docker, container, options, accept, log);
    } catch (error) {
      const { code, message } = refusal(error);
      const body = Buffer.from(message);
      const head = `HTTP/1.1 ${code} Refused\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n`;
      socket.end(Buffer.concat([Buffer.from(head), body]));
    }
  }

  /** Connects first: a port nothing listens on is a refused request. */
  async #forward(url: URL, client: Duplex, accept: () => Promise<WebSocket>): Promise<void> {
    const { targets, connectInPod, log } = this.deps;
    const target = parsePodTarget(url.pathname);
    if (!target) throw new HttpError(404, '404 page not found');
    const port = parsePort(url.searchParams.get('port'));
    const gone = new AbortController();
    client.on('close', () => gone.abort());
    const connection = await connectInPod(await targets.network(target), port, gone.signal);
    if (client.destroyed) connection.destroy();
    else joinConnection(await accept(), connection, log);
  }
}

function refusal(error: unknown): { code: number; message: string } {
  if (error instanceof HttpError) return { code: error.code, message: error.message };
  return { code: 500, message: dockerMessage(error) || messageOf(error) };
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
