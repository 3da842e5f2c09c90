import { badRequest, methodNotAllowed } from '../../../shared/api/errors.ts';
import type { Pod } from '../../../shared/api/kinds.ts';
import { asObject } from '../registry/as-object.ts';
import { readStored } from '../resource-handlers.ts';
import type { ResourceHandler } from '../resource-request.ts';
import { askKubelet, kubeletError } from './kubelet-client.ts';
import { containerOf } from './pod-container.ts';

const FLAGS = ['follow', 'previous', 'timestamps'] as const;
const NUMBERS = ['tailLines', 'sinceSeconds', 'limitBytes'] as const;

/** PodLogOptions as the kubelet's query. Throws 400 on a number that is none. */
export function logQueryOf(query: URLSearchParams): URLSearchParams {
  const forward = new URLSearchParams();
  for (const flag of FLAGS) {
    const value = query.get(flag);
    if (value !== null && value !== 'false' && value !== '0') forward.set(flag, 'true');
  }
  for (const name of NUMBERS) {
    const value = query.get(name);
    if (value === null || value === '') continue;
    if (!/^\d{1,15}$/.test(value))
      throw badRequest(`${name}: Invalid value: ${JSON.stringify(value)}: must be a non-negative integer`);
    forward.set(name, value);
  }
  const since = query.get('sinceTime');
  if (since) {
    if (Number.isNaN(Date.parse(since))) throw badRequest(`sinceTime: Invalid value: ${JSON.stringify(since)}`);
    if (forward.has('sinceSeconds')) throw badRequest('at most one of `sinceTime` or `sinceSeconds` may be specified');
    forward.set('sinceTime', since);
  }
  return forward;
}

/** GET pods/NAME/log: a container's output, straight from its kubelet. */
export const logHandler: ResourceHandler = async (deps, request) => {
  if (request.info.verb !== 'get') throw methodNotAllowed();
  const pod = asObject(await readStored(deps, request)) as Pod;
  const { query, signal } = request.call;
  const container = containerOf(pod, query.get('container'));
  const forward = logQueryOf(query);
  const node = pod.spec?.nodeName;
  // A pod no machine has taken yet has said nothing (upstream answers 204 too).
  if (!node) return { type: 'text', code: 204, contentType: 'text/plain', text: '' };

  const { namespace, name } = request.target;
  const path = ['containerLogs', namespace, name, container].map(encodeURIComponent).join('/');
  const answer = await askKubelet(deps.dialNode, { node, path: `/${path}?${forward.toString()}`, signal });
  if (answer.type === 'upgraded') {
    answer.stream.destroy();
    throw badRequest('the kubelet answered a log request with an upgrade');
  }
  if (answer.message.statusCode !== 200) throw await kubeletError(answer.message);
  return { type: 'stream', code: 200, contentType: 'text/plain', body: answer.message };
};
