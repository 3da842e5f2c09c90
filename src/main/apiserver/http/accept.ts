import { ApiError } from '../../../shared/api/errors.ts';

/** How a client wants objects shown. */
export type Shape = 'object' | 'table' | 'partial';

const TABLE_VERSIONS: ReadonlySet<string> = new Set(['v1', 'v1beta1']);

/**
 * Reads an Accept header: clauses in the client's order, the first that can be served wins. Only JSON is written;
 * a client that takes nothing else gets 406.
 */
export function shapeOf(accept: string | undefined): Shape {
  if (accept === undefined || accept.trim() === '') return 'object';
  for (const clause of accept.split(',')) {
    const [mediaType = '', ...rest] = clause.split(';').map((part) => part.trim());
    const parameters = new Map(rest.map((part) => part.split('=', 2) as [string, string]));
    if (!['application/json', '*/*', 'application/*', 'text/plain'].includes(mediaType.toLowerCase())) continue;
    const as = parameters.get('as');
    if (as === undefined) return 'object';
    if (parameters.get('g') !== 'meta.k8s.io' || !TABLE_VERSIONS.has(parameters.get('v') ?? '')) continue;
    if (as === 'Table') return 'table';
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return 'partial';
  }
  throw new ApiError(406, 'NotAcceptable', 'only the following media types are accepted: application/json');
}

/** What rows of a Table carry of their object. */
export type IncludeObject = 'Metadata' | 'Object' | 'None';

export function includeObjectOf(query: URLSearchParams): IncludeObject {
  const value = query.get('includeObject');
  return value === 'Object' || value === 'None' ? value : 'Metadata';
}
