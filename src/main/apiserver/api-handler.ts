import { methodNotAllowed } from '../../shared/api/errors.ts';
import { findKind } from '../resources/registry.ts';
import { pageNotFound, type Answer, type ApiCall } from './api-call.ts';
import { refusal, type Attributes, type Authorizer } from './auth/authorizer.ts';
import type { NonResourcePaths } from './non-resource-paths.ts';
import { requestInfoOf, type RequestInfo } from './request-info.ts';
import { resourceHandler } from './resource-handlers.ts';
import type { ResourceDeps, ResourceHandler, ResourceRequest } from './resource-request.ts';
import { bindingHandler } from './subresources/binding.ts';
import { evictionHandler } from './subresources/eviction.ts';
import { streamingOnlyHandler } from './subresources/exec.ts';
import { finalizeHandler } from './subresources/finalize.ts';
import { logHandler } from './subresources/log.ts';
import { nodeProxyHandler } from './subresources/node-proxy.ts';
import { scaleHandler } from './subresources/scale.ts';

/** Subresources with a handler of their own, by `GROUP/PLURAL/SUBRESOURCE`; `status` and `scale` are every kind's. */
const SUBRESOURCES: Readonly<Record<string, ResourceHandler>> = {
  '/pods/log': logHandler,
  '/pods/binding': bindingHandler,
  '/pods/eviction': evictionHandler,
  '/pods/exec': streamingOnlyHandler,
  '/pods/attach': streamingOnlyHandler,
  '/pods/portforward': streamingOnlyHandler,
  '/namespaces/finalize': finalizeHandler,
  '/nodes/proxy': nodeProxyHandler,
};

export function attributesOf(call: Pick<ApiCall, 'user'>, info: RequestInfo): Attributes {
  return {
    user: call.user,
    verb: info.verb,
    resourceRequest: info.resourceRequest,
    apiGroup: info.apiGroup,
    apiVersion: info.apiVersion,
    resource: info.resource,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.name,
    path: info.path,
    fieldTerms: info.fieldTerms,
  };
}

/**
 * The one way into the API for every client, whatever it came over: authorization, then the handler of what is asked
 * for. Throws ApiError.
 */
export class ApiHandler {
  constructor(private readonly deps: ResourceDeps & { authorizer: Authorizer; paths: NonResourcePaths }) {}

  async handle(call: ApiCall): Promise<Answer> {
    const info = requestInfoOf(call.method, call.path, call.query);
    await this.authorize(call, info);
    if (!info.resourceRequest) {
      if (call.method !== 'GET' && call.method !== 'HEAD') throw methodNotAllowed();
      return this.deps.paths.answer(info.path, call);
    }
    const request = requestOf(call, info);
    const handler = request && handlerOf(request);
    return handler ? handler(this.deps, request) : pageNotFound();
  }

  /** Throws the 403 unless the user may do this. */
  async authorize(call: Pick<ApiCall, 'user'>, info: RequestInfo): Promise<void> {
    const attributes = attributesOf(call, info);
    const decision = await this.deps.authorizer.authorize(attributes);
    if (decision.verdict !== 'allow') throw refusal(attributes, decision.reason);
  }
}

/** The request with its kind; undefined when no such resource is served at that path. */
export function requestOf(call: ApiCall, info: RequestInfo): ResourceRequest | undefined {
  const kind = findKind(info.apiGroup, info.apiVersion, info.resource);
  if (!kind) return undefined;
  const own = kind.type.plural === 'namespaces' && kind.type.group === '';
  // A cluster-scoped resource is not found inside a namespace, nor one object of a namespaced kind outside.
  if (!kind.type.namespaced && info.namespace !== '' && !own) return undefined;
  const listed = info.verb === 'list' || info.verb === 'watch' || info.verb === 'deletecollection';
  if (kind.type.namespaced && info.namespace === '' && !listed && info.verb !== 'create') return undefined;
  return {
    call,
    info,
    target: {
      kind,
      namespace: kind.type.namespaced ? info.namespace : '',
      // A list by metadata.name carries that name for authorization only.
      name: listed ? '' : info.name,
      user: call.user,
    },
    warnings: [],
  };
}

function handlerOf({ info, target: { kind, name } }: ResourceRequest): ResourceHandler | undefined {
  const { subresource, verb, rest } = info;
  const key = `${kind.type.group}/${kind.type.plural}/${subresource}`;
  if (rest.length > 0 && key !== '/nodes/proxy') return undefined;
  if (subresource === '') return resourceHandler(verb, '', name);
  if (subresource === 'status' && kind.hasStatus) return resourceHandler(verb, 'status', name);
  if (subresource === 'scale' && kind.scale) return scaleHandler;
  return Object.hasOwn(SUBRESOURCES, key) ? SUBRESOURCES[key] : undefined;
}
