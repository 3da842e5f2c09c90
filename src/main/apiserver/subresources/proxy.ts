import type { Answer } from '../api-call.ts';
import type { ResourceDeps, ResourceHandler, ResourceRequest } from '../resource-request.ts';
import { connectToAny } from '../service-endpoints.ts';
import { messageOf, serviceUnavailable } from '../../../shared/api/errors.ts';
import { SERVICES } from '../../../shared/api/kinds.ts';
import { admitConnect } from './connect.ts';
import { encrypted, forward, type ForwardedAnswer } from './forward.ts';
import { forwardedHeaders, returnedHeaders } from './proxy-headers.ts';
import { proxyTargetOf } from './proxy-target.ts';

const SEGMENTS_BEFORE_PATH = '/api/v1/namespaces/NS/pods/NAME/proxy'.split('/').length;

/** The path of a proxy request as it goes on: as it was sent, from what comes after `proxy`. Empty when nothing does. */
export function pathBehind(path: string): { prefix: string; rest: string } {
  const segments = path.split('/');
  const prefix = segments.slice(0, SEGMENTS_BEFORE_PATH).join('/');
  return { prefix, rest: path.slice(prefix.length) };
}

const withQuery = (path: string, query: URLSearchParams): string => {
  // A space is `+` only in forms.
  const text = query.toString().replaceAll('+', '%20');
  return text === '' ? path : `${path}?${text}`;
};

/** Sends a request to a pod or a service, and resolves with what it answered; `headers` are those that go there. */
export async function proxied(
  deps: ResourceDeps,
  request: ResourceRequest,
  upgrade: { connection: string; upgrade: string } | undefined,
): Promise<ForwardedAnswer> {
  const { call, target } = request;
  const { rest } = pathBehind(call.path);
  await admitConnect(deps, request, {
    kind: target.kind.type.plural === SERVICES.plural ? 'ServiceProxyOptions' : 'PodProxyOptions',
    path: rest,
  });
  const { scheme, pods, host } = await proxyTargetOf(deps, request);
  const connection = await connectToAny(deps.dialNode, pods, deps.registry.random, call.signal).catch(
    (error: unknown) => {
      throw serviceUnavailable(`error trying to reach service: ${messageOf(error)}`);
    },
  );
  const bytes = call.body && 'bytes' in call.body ? call.body.bytes : undefined;
  return forward(scheme === 'https' ? encrypted(connection, host) : connection, {
    method: call.method,
    path: withQuery(rest === '' ? '/' : rest, call.query),
    headers: { ...forwardedHeaders(call.headers ?? {}, { path: call.path, host }), ...upgrade },
    body: bytes && bytes.length > 0 ? bytes : undefined,
    signal: call.signal,
  });
}

/** pods/NAME/proxy/PATH and services/NAME/proxy/PATH: what the application answers, as it answers it. */
export const proxyHandler: ResourceHandler = async (deps, request): Promise<Answer> => {
  const { path, query, method } = request.call;
  const { prefix, rest } = pathBehind(path);
  // What the application calls its own root has to end with a slash, or its relative links lead elsewhere.
  if (rest === '' && (method === 'GET' || method === 'HEAD')) return redirect(withQuery(`${prefix}/`, query));
  const answer = await proxied(deps, request, undefined);
  if (answer.type === 'upgraded') answer.stream.destroy();
  const { message } = answer;
  const headers = returnedHeaders(message.headers);
  const location = relocated(message.headers.location, prefix);
  return {
    type: 'stream',
    code: message.statusCode ?? 502,
    contentType: message.headers['content-type'] ?? '',
    headers: { ...headers, ...(location === undefined ? {} : { location }) },
    body: message,
  };
};

const redirect = (location: string): Answer => ({
  type: 'stream',
  code: 301,
  contentType: 'text/plain; charset=utf-8',
  headers: { location },
  body: (async function* () {
    // Nothing follows the headers.
  })(),
});

/** A place of the application's own, as a client has to say it; nobody but the client goes there. */
function relocated(location: string | undefined, prefix: string): string | undefined {
  return location?.startsWith('/') && !location.startsWith('//') ? prefix + location : location;
}
