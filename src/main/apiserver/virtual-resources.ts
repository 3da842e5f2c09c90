import { methodNotAllowed } from '../../shared/api/errors.ts';
import type { ResourceHandler } from './resource-request.ts';

/**
 * Resources that are computed and never stored (reviews, bindings, metrics), by `GROUP/PLURAL` and verb. Their kinds
 * are declared as `virtual` with the same verbs.
 */
export const VIRTUAL_RESOURCES: ReadonlyMap<string, Readonly<Record<string, ResourceHandler>>> = new Map();

/** Throws 405 for a verb the resource does not have. */
export function virtualHandler(group: string, plural: string, verb: string): ResourceHandler {
  const verbs = VIRTUAL_RESOURCES.get(`${group}/${plural}`);
  const handler = verbs && Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (!handler) throw methodNotAllowed();
  return handler;
}
