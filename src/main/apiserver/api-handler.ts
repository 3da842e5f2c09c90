import { methodNotAllowed } from '../../shared/api/errors.ts';
import type { KindCatalog } from '../resources/catalog.ts';
import { pageNotFound, type Answer, type ApiCall } from './api-call.ts';
import { refusal, type Attributes, type Authorizer } from './auth/authorizer.ts';
import { fieldManagerOf } from './field-manager.ts';
import type { NonResourcePaths } from './non-resource-paths.ts';
import { storageFailure } from './registry/storage-errors.ts';
import { requestInfoOf, type RequestInfo } from './request-info.ts';
import { resourceHandler } from './resource-handlers.ts';
import type { ResourceDeps, ResourceHandler, ResourceRequest } from './resource-request.ts';
import { SUBRESOURCES } from './subresources/index.ts';
import { scaleHandler } from './subresources/scale.ts';
import { virtualHandler } from './virtual-resources.ts';

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

const WRITE_OPTIONS: readonly string[] = ['fieldManager', 'fieldValidation'];

/** Paths beside Kubernetes' own, by their whole path: what this product serves besides, to who is authorized for it. */
export type OwnPaths = Readonly<Record<string, (call: ApiCall) => Promise<Answer>>>;

/**
 * The one way into the API for every client, whatever it came over: authorization, then the handler of what is asked
 * for. Throws ApiError.
 */
export class ApiHandler {
  constructor(
    private readonly deps: ResourceDeps & {
      authorizer: Authorizer;
      paths: NonResourcePaths;
      ownPaths?: OwnPaths | undefined;
    },
  ) {}

  async handle(call: ApiCall): Promise<Answer> {
    try {
      return await this.#answer(call);
    } catch (error) {
      throw storageFailure(error);
    }
  }

  async #answer(call: ApiCall): Promise<Answer> {
    const info = requestInfoOf(call.method, call.path, call.query);
    await this.authorize(call, info);
    if (!info.resourceRequest) {
      const own = this.deps.ownPaths?.[info.path];
      if (own) return own(call);
      if (call.method !== 'GET' && call.method !== 'HEAD') throw methodNotAllowed();
      return this.deps.paths.answer(info.path, call);
    }
    const request = requestOf(this.deps.registry.catalog, call, info);
    const handler = request && handlerOf(request);
    if (!handler) return pageNotFound();
    const answer = await handler(this.deps, request);
    const { deprecationWarning } = request.target.kind;
    return deprecationWarning ? { ...answer, warnings: [deprecationWarning, ...(answer.warnings ?? [])] } : answer;
  }

  /** Throws the 403 unless the user may do this. */
  async authorize(call: Pick<ApiCall, 'user' | 'annotate'>, info: RequestInfo): Promise<void> {
    const attributes = attributesOf(call, info);
    const decision = await this.deps.authorizer.authorize(attributes);
    call.annotate?.('authorization.k8s.io/decision', decision.verdict === 'allow' ? 'allow' : 'forbid');
    call.annotate?.('authorization.k8s.io/reason', decision.reason);
    if (decision.verdict !== 'allow') throw refusal(attributes, decision.reason);
  }
}

/** What of a write's options admission is told as it was said. */
const optionsIn = (query: URLSearchParams): Record<string, string> =>
  Object.fromEntries([...query].filter(([name, value]) => WRITE_OPTIONS.includes(name) && value !== ''));

/** The request with its kind; undefined when no such resource is served at that path. */
export function requestOf(catalog: KindCatalog, call: ApiCall, info: RequestInfo): ResourceRequest | undefined {
  const kind = catalog.find(info.apiGroup, info.apiVersion, info.resource);
  if (!kind) return undefined;
  const own = kind.type.plural === 'namespaces' && kind.type.group === '';
  // A cluster-scoped resource is not found inside a namespace, nor one object of a namespaced kind outside.
  if (!kind.type.namespaced && info.namespace !== '' && !own) return undefined;
  const listed = info.verb === 'list' || info.verb === 'watch' || info.verb === 'deletecollection';
  if (kind.type.namespaced && info.namespace === '' && !listed && info.verb !== 'create') return undefined;
  const warnings: string[] = [];
  return {
    call,
    info,
    target: {
      kind,
      namespace: kind.type.namespaced ? info.namespace : '',
      // A list by metadata.name carries that name for authorization only.
      name: listed ? '' : info.name,
      user: call.user,
      manager: fieldManagerOf(call),
      options: optionsIn(call.query),
      warnings,
      ...(call.annotate ? { annotate: call.annotate } : {}),
    },
    warnings,
  };
}

function handlerOf({ info, target: { kind, name } }: ResourceRequest): ResourceHandler | undefined {
  const { subresource, verb, rest } = info;
  const { group, plural } = kind.type;
  const served = SUBRESOURCES.get(`${group}/${plural}/${subresource}`);
  if (rest.length > 0 && !served?.takesPath) return undefined;
  if (subresource === '') return kind.virtual ? virtualHandler(group, plural, verb) : resourceHandler(verb, '', name);
  if (served) return served.handler;
  if (subresource === 'status' && kind.hasStatus) return resourceHandler(verb, 'status', name);
  return subresource === 'scale' && kind.scale ? scaleHandler : undefined;
}
