import { badRequest } from '../../../shared/api/errors.ts';
import { readStored } from '../resource-handlers.ts';
import type { Answer } from '../api-call.ts';
import type { ResourceDeps, ResourceHandler, ResourceRequest } from '../resource-request.ts';
import { admitConnect } from './connect.ts';
import { forward } from './forward.ts';
import { askKubelet, kubeletError, unreachable } from './kubelet-client.ts';
import { forwardedHeaders, returnedHeaders } from './proxy-headers.ts';

/** nodes/NAME/proxy/PATH: asks a node's kubelet, as with stats/summary. No upgrades go this way. */
export const nodeProxyHandler: ResourceHandler = async (deps, request) => {
  // Only to nodes there are, so that the name in the path is never more than a name.
  await readStored(deps, request);
  const { query, signal, method } = request.call;
  const search = query.toString();
  const rest = `/${request.info.rest.map(encodeURIComponent).join('/')}`;
  const path = `${rest}${search ? `?${search}` : ''}`;
  await admitConnect(deps, request, { kind: 'NodeProxyOptions', path: rest });
  if (method !== 'GET' && method !== 'HEAD') return passOn(deps, request, path);
  const answer = await askKubelet(deps.dialNode, { node: request.target.name, path, signal });
  if (answer.type === 'upgraded') {
    answer.stream.destroy();
    throw badRequest('upgrades are not passed through the node proxy');
  }
  const { message } = answer;
  if ((message.statusCode ?? 500) >= 400) throw await kubeletError(message);
  return {
    type: 'stream',
    code: message.statusCode ?? 200,
    contentType: message.headers['content-type'] ?? 'application/octet-stream',
    body: message,
  };
};

/** A request with a body, and whatever the kubelet says to it. */
async function passOn({ dialNode }: ResourceDeps, { call, target }: ResourceRequest, path: string): Promise<Answer> {
  const connection = await dialNode(target.name).catch((error: unknown) => {
    throw unreachable(target.name, error);
  });
  const { message } = await forward(connection, {
    method: call.method,
    path,
    headers: forwardedHeaders(call.headers ?? {}, { path: call.path, host: target.name }),
    body: call.body && 'bytes' in call.body ? call.body.bytes : undefined,
    signal: call.signal,
  });
  return {
    type: 'stream',
    code: message.statusCode ?? 502,
    contentType: message.headers['content-type'] ?? '',
    headers: returnedHeaders(message.headers),
    body: message,
  };
}
