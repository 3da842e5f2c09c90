import { parseFieldSelector, type FieldTerm } from '../../shared/api/selector.ts';
import { badRequest, isApiError } from '../../shared/api/errors.ts';

/** What a URL asks for: upstream's RequestInfo. Empty strings where a part is absent. */
export interface RequestInfo {
  /** False for paths that name no resource, such as /version or /api. */
  resourceRequest: boolean;
  /** The decoded path. */
  path: string;
  verb: string;
  apiGroup: string;
  apiVersion: string;
  namespace: string;
  resource: string;
  name: string;
  subresource: string;
  /** Decoded path segments after the subresource (of nodes/NAME/proxy/…). */
  rest: readonly string[];
  fieldTerms: readonly FieldTerm[];
}

const VERB_OF: Record<string, string> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
const TRUE = new Set(['true', '1', 'True', 'TRUE', 't', 'T']);

/** Whether a query flag is on, as Go's strconv.ParseBool reads it; present without a value counts as on. */
export const flagOf = (query: URLSearchParams, name: string): boolean => {
  const value = query.get(name);
  return value !== null && (value === '' || TRUE.has(value));
};

/**
 * Splits a raw path into decoded segments. An encoded slash, a dot segment or an empty one could make two readers of
 * the same path disagree about what it names, so they are refused (400) before anything else looks.
 */
export function segmentsOf(rawPath: string): string[] {
  if (!rawPath.startsWith('/')) throw badRequest('invalid path');
  const raw = rawPath.slice(1).split('/');
  if (raw.length > 1 && raw.at(-1) === '') raw.pop();
  if (raw.length === 1 && raw[0] === '') return [];
  return raw.map((part) => {
    let segment: string;
    try {
      segment = decodeURIComponent(part);
    } catch (error) {
      throw badRequest(`invalid path: ${error instanceof Error ? error.message : 'bad escape'}`);
    }
    // eslint-disable-next-line no-control-regex -- control characters are exactly what must not get through
    if (segment === '' || segment === '.' || segment === '..' || /[/\\\u0000-\u001f\u007f]/.test(segment))
      throw badRequest(`invalid path: ${JSON.stringify(part)} is not a valid path segment`);
    return segment;
  });
}

/** Reads method, path and query. Throws 400 on a path or selector that cannot be read. */
export function requestInfoOf(method: string, rawPath: string, query: URLSearchParams): RequestInfo {
  const segments = segmentsOf(rawPath);
  const info: RequestInfo = {
    resourceRequest: false,
    path: `/${segments.join('/')}`,
    verb: method.toLowerCase(),
    apiGroup: '',
    apiVersion: '',
    namespace: '',
    resource: '',
    name: '',
    subresource: '',
    rest: [],
    fieldTerms: [],
  };
  const [root, ...others] = segments;
  let parts: string[];
  if (root === 'api' && others.length >= 2) {
    info.apiVersion = others[0] ?? '';
    parts = others.slice(1);
  } else if (root === 'apis' && others.length >= 3) {
    info.apiGroup = others[0] ?? '';
    info.apiVersion = others[1] ?? '';
    parts = others.slice(2);
  } else return info;

  info.resourceRequest = true;
  if (parts[0] === 'namespaces' && parts.length > 1) {
    info.namespace = parts[1] ?? '';
    // namespaces/NAME/status and /finalize are the namespace's own; anything else is inside it.
    if (parts.length > 2 && parts[2] !== 'status' && parts[2] !== 'finalize') parts = parts.slice(2);
  }
  info.resource = parts[0] ?? '';
  info.name = parts[1] ?? '';
  info.subresource = parts[2] ?? '';
  info.rest = parts.slice(3);
  return withVerb(info, method, query);
}

function withVerb(info: RequestInfo, method: string, query: URLSearchParams): RequestInfo {
  info.verb = VERB_OF[method] ?? method.toLowerCase();
  if (info.name !== '') return info;
  if (info.verb === 'delete') info.verb = 'deletecollection';
  if (info.verb === 'get') info.verb = flagOf(query, 'watch') ? 'watch' : 'list';
  if (info.verb === 'create') return info;
  const selector = query.get('fieldSelector');
  if (selector) {
    info.fieldTerms = readSelector(selector);
    // A list of one name is authorized as that object, as upstream does.
    const byName = info.fieldTerms.find((term) => term.field === 'metadata.name' && term.equal);
    if (byName) info.name = byName.value;
  }
  return info;
}

function readSelector(selector: string): FieldTerm[] {
  try {
    return parseFieldSelector(selector);
  } catch (error) {
    if (isApiError(error)) throw badRequest(`unable to parse field selector: ${error.message}`);
    throw error;
  }
}
