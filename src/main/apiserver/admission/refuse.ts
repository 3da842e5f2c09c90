import { forbidden, type ApiError } from '../../../shared/api/errors.ts';
import type { AdmissionRequest } from './chain.ts';

/**
 * The 403 of a plugin (admission.NewForbidden): `pods "web" is forbidden: why`. A new object whose name is not made yet
 * goes by what its name will begin with.
 */
export function refused(request: AdmissionRequest, why: string): ApiError {
  const { name, generateName } = request.object?.metadata ?? {};
  return forbidden(request.kind.type, request.name || name || generateName || 'Unknown', why);
}

/** Whether this is a write of an object of that kind as a whole. */
export const concerns = (request: AdmissionRequest, type: { group: string; plural: string }): boolean =>
  request.subresource === '' && request.kind.type.plural === type.plural && request.kind.type.group === type.group;
