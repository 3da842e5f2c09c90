import { methodNotAllowed } from '../../../shared/api/errors.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import type { Decodable } from '../../resources/decode/decode-object.ts';
import { successStatus } from '../api-call.ts';
import { matchName } from '../registry/checks.ts';
import { decodeBody } from '../registry/decode-request.ts';
import { deleteObject } from '../registry/delete.ts';
import { deleteOptionsOf, writeOptionsOf } from '../registry/request-options.ts';
import { bodyOf, type ResourceHandler } from '../resource-request.ts';

const EVICTION: Decodable = {
  type: { group: 'policy', version: 'v1', kind: 'Eviction' },
  schema: 'io.k8s.api.policy.v1.Eviction',
};

interface Eviction extends KubeObject {
  deleteOptions?: unknown;
}

/** POST pods/NAME/eviction: a delete that asks first. With no disruption budgets served yet, the answer is always yes. */
export const evictionHandler: ResourceHandler = async ({ registry }, request) => {
  if (request.info.verb !== 'create') throw methodNotAllowed();
  const options = writeOptionsOf(request.call.query);
  const eviction = decodeBody(EVICTION, bodyOf(request), options.fieldValidation, request.warnings) as Eviction;
  matchName(request.target, eviction);
  const deleteOptions = deleteOptionsOf(new URLSearchParams(), eviction.deleteOptions);
  await deleteObject(registry, request.target, {
    ...deleteOptions,
    dryRun: deleteOptions.dryRun || options.dryRun,
  });
  return { type: 'object', code: 201, value: successStatus(), warnings: request.warnings };
};
