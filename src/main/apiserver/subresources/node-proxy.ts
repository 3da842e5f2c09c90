import { badRequest, methodNotAllowed } from '../../../shared/api/errors.ts';
import { readStored } from '../resource-handlers.ts';
import type { ResourceHandler } from '../resource-request.ts';
import { askKubelet, kubeletError } from './kubelet-client.ts';

/** GET nodes/NAME/proxy/PATH: reads from a node's kubelet, such as stats/summary. No upgrades and no writes go this way. */
export const nodeProxyHandler: ResourceHandler = async (deps, request) => {
  if (request.info.verb !== 'get') throw methodNotAllowed();
  // Only to nodes there are, so that the name in the path is never more than a name.
  await readStored(deps, request);
  const { query, signal } = request.call;
  const search = query.toString();
  const path = `/${request.info.rest.map(encodeURIComponent).join('/')}${search ? `?${search}` : ''}`;
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
