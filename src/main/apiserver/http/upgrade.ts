import { STATUS_CODES, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import { badRequest, internalError, isApiError, notFound } from '../../../shared/api/errors.ts';
import type { Pod } from '../../../shared/api/kinds.ts';
import type { AuditEntry } from '../audit/audit-recorder.ts';
import type { PeerIdentity } from '../auth/authenticator.ts';
import { requestOf } from '../api-handler.ts';
import type { NodeDialer } from '../node-dialer.ts';
import { asObject } from '../registry/as-object.ts';
import { readStored } from '../resource-handlers.ts';
import type { ResourceDeps, ResourceRequest } from '../resource-request.ts';
import { requestInfoOf } from '../request-info.ts';
import { asksForSpdy } from '../streaming/handshake.ts';
import { servePortForward } from '../streaming/port-forward.ts';
import { serveSpdyCommand } from '../streaming/spdy-command.ts';
import { askKubelet, kubeletError } from '../subresources/kubelet-client.ts';
import { admitConnect, streamOptionsOf } from '../subresources/connect.ts';
import { streamTargetOf, type StreamTarget } from '../subresources/exec.ts';
import { proxied } from '../subresources/proxy.ts';
import { returnedHeaders } from '../subresources/proxy-headers.ts';
import { asApiError, auditedRequestOf, splitTarget, userOf, type HttpDeps } from './request-handler.ts';

export interface UpgradeDeps extends HttpDeps {
  resources: ResourceDeps;
  dialNode: NodeDialer;
}

/** The WebSocket handshake, which is between the client and the kubelet. */
const HANDSHAKE_HEADERS = [
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-protocol',
  'sec-websocket-extensions',
] as const;
const ANSWER_HEADERS = ['sec-websocket-accept', 'sec-websocket-protocol', 'sec-websocket-extensions'] as const;

/**
 * exec, attach and port-forward: authorizes as any other request, then serves the streams. Where client and kubelet
 * both speak WebSocket, their connections are joined and nobody listens in. Nothing but these three subresources is
 * ever upgraded. Never throws.
 */
export async function handleUpgrade(
  deps: UpgradeDeps,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  peer: PeerIdentity | undefined,
): Promise<void> {
  const gone = new AbortController();
  socket.on('close', () => gone.abort());
  socket.on('error', () => gone.abort());
  const { path, query } = splitTarget(request.url ?? '/');
  let audit: AuditEntry | undefined;
  try {
    audit = deps.audit?.begin(auditedRequestOf(request, request.method ?? 'GET', path, query));
    await join(deps, { request, socket, head, signal: gone.signal }, peer, audit);
    const done = (): void => audit?.completed(101);
    if (socket.destroyed) done();
    else socket.on('close', done);
  } catch (error) {
    audit?.failed(error);
    if (!isApiError(error)) deps.log.error({ error: String(error) }, 'upgrade failed');
    const { status } = asApiError(error);
    refuse(socket, status.code ?? 500, JSON.stringify(status));
  }
}

async function join(
  deps: UpgradeDeps,
  client: { request: IncomingMessage; socket: Duplex; head: Buffer; signal: AbortSignal },
  peer: PeerIdentity | undefined,
  audit: AuditEntry | undefined,
): Promise<void> {
  const { request, socket, head, signal } = client;
  const user = await userOf(deps, request, peer, audit);
  const { path, query } = splitTarget(request.url ?? '/');
  const method = request.method ?? 'GET';
  const info = requestInfoOf(method, path, query);
  await deps.handler.authorize({ user, ...(audit ? { annotate: audit.annotate } : {}) }, info);
  const resource = requestOf(
    deps.resources.registry.catalog,
    {
      user,
      method,
      path,
      query,
      body: undefined,
      headers: request.headers,
      signal,
      ...(audit ? { annotate: audit.annotate } : {}),
    },
    info,
  );
  const { subresource } = info;
  if (resource && subresource === 'proxy' && info.apiGroup === '' && ['pods', 'services'].includes(info.resource))
    return joinProxied(deps, client, resource, audit);
  if (!resource || info.resource !== 'pods' || info.apiGroup !== '' || info.rest.length > 0)
    throw notFound({ group: info.apiGroup, plural: info.resource }, info.name);
  if (subresource !== 'exec' && subresource !== 'attach' && subresource !== 'portforward')
    throw badRequest(`upgrades are not served at ${JSON.stringify(path)}`);
  const pod = asObject(await readStored(deps.resources, resource)) as Pod;
  await admitConnect(deps.resources, resource, streamOptionsOf(subresource, query));
  const webSocket = request.headers.upgrade?.toLowerCase() === 'websocket';
  if (!webSocket && !asksForSpdy(request))
    throw badRequest(`unable to upgrade: ${JSON.stringify(request.headers.upgrade)} is neither websocket nor SPDY/3.1`);
  if (subresource === 'portforward') {
    audit?.started(101);
    return servePortForward(deps, client, pod);
  }
  const target = streamTargetOf(pod, subresource, query);
  if (!webSocket) {
    // kubectl answers every failed WebSocket handshake by trying SPDY and shows only what that says.
    if (!isRunning(pod, target))
      throw internalError(`unable to upgrade connection: container not found (${JSON.stringify(target.container)})`);
    audit?.started(101);
    return serveSpdyCommand(deps, client, target);
  }
  const headers: OutgoingHttpHeaders = { connection: 'Upgrade', upgrade: 'websocket' };
  for (const name of HANDSHAKE_HEADERS) {
    const value = request.headers[name];
    if (value !== undefined) headers[name] = value;
  }
  const answer = await askKubelet(deps.dialNode, { node: target.node, path: target.path, headers, signal });
  if (answer.type === 'response') throw await kubeletError(answer.message);

  audit?.started(101);
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket'];
  for (const name of ANSWER_HEADERS) {
    const value = answer.message.headers[name];
    if (value !== undefined) lines.push(`${name}: ${String(value)}`);
  }
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  connect(socket, head, answer.stream, answer.head);
}

/** An upgrade through pods/NAME/proxy or services/NAME/proxy: the application says yes or no, and after a no nothing more is said. */
async function joinProxied(
  deps: UpgradeDeps,
  { request, socket, head }: { request: IncomingMessage; socket: Duplex; head: Buffer },
  resource: ResourceRequest,
  audit: AuditEntry | undefined,
): Promise<void> {
  const wanted = { connection: 'Upgrade', upgrade: request.headers.upgrade ?? '' };
  const answer = await proxied(deps.resources, resource, wanted);
  const { message } = answer;
  const code = message.statusCode ?? 502;
  audit?.started(code);
  const headers = Object.entries(returnedHeaders(message.headers)).flatMap(([name, value]) =>
    [value].flat().map((one) => `${name}: ${one}`),
  );
  const connection =
    answer.type === 'upgraded' ? ['connection: Upgrade', `upgrade: ${wanted.upgrade}`] : ['connection: close'];
  socket.write([`HTTP/1.1 ${code} ${STATUS_CODES[code] ?? ''}`, ...headers, ...connection, '\r\n'].join('\r\n'));
  if (answer.type === 'upgraded') return connect(socket, head, answer.stream, answer.head);
  for await (const chunk of message as AsyncIterable<Buffer>) socket.write(chunk);
  socket.end();
}

function isRunning(pod: Pod, target: StreamTarget): boolean {
  const statuses = [
    ...(pod.status?.containerStatuses ?? []),
    ...(pod.status?.initContainerStatuses ?? []),
    ...(pod.status?.ephemeralContainerStatuses ?? []),
  ];
  return statuses.find(({ name }) => name === target.container)?.state?.running !== undefined;
}

/** Two connections become one: bytes both ways, an end is passed on, and neither outlives the other. */
function connect(client: Duplex, clientHead: Buffer, kubelet: Duplex, kubeletHead: Buffer): void {
  if (kubeletHead.length > 0) client.write(kubeletHead);
  if (clientHead.length > 0) kubelet.write(clientHead);
  client.on('error', () => kubelet.destroy());
  kubelet.on('error', () => client.destroy());
  client.on('close', () => kubelet.destroy());
  kubelet.on('close', () => client.end());
  client.pipe(kubelet);
  kubelet.pipe(client);
}

function refuse(socket: Duplex, code: number, body: string): void {
  if (socket.destroyed || !socket.writable) return;
  socket.end(
    [
      `HTTP/1.1 ${code} ${STATUS_CODES[code] ?? 'Error'}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}
