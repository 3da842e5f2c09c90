import { methodNotAllowed } from '../../../shared/api/errors.ts';
import type { Namespace } from '../../../shared/api/kinds.ts';
import { decodeBody } from '../registry/decode-request.ts';
import { metaOf } from '../registry/context.ts';
import { cloneJson } from '../registry/json-value.ts';
import { writeOptionsOf } from '../registry/request-options.ts';
import { updateObject } from '../registry/update.ts';
import { bodyOf, type ResourceHandler } from '../resource-request.ts';

/** PUT namespaces/NAME/finalize: changes spec.finalizers only. A terminating namespace goes with its last one. */
export const finalizeHandler: ResourceHandler = async ({ registry }, request) => {
  if (request.info.verb !== 'update') throw methodNotAllowed();
  const options = writeOptionsOf(request.call.query);
  const wanted = decodeBody(
    request.target.kind,
    bodyOf(request),
    options.fieldValidation,
    request.warnings,
  ) as Namespace;
  const written = await updateObject(registry, request.target, {
    mode: 'server',
    subresource: 'finalize',
    dryRun: options.dryRun,
    attempts: 5,
    change: (old) => {
      const namespace = cloneJson(old) as Namespace;
      const finalizers = wanted.spec?.finalizers ?? [];
      if (finalizers.length > 0) namespace.spec = { ...namespace.spec, finalizers: [...finalizers] };
      else if (namespace.spec) delete namespace.spec.finalizers;
      const metadata = metaOf(namespace) as Record<string, unknown>;
      const { uid, resourceVersion, name } = wanted.metadata ?? {};
      if (uid) metadata['uid'] = uid;
      if (resourceVersion) metadata['resourceVersion'] = resourceVersion;
      if (name) metadata['name'] = name;
      return namespace;
    },
  });
  return { type: 'object', code: 200, value: written.object, kind: request.target.kind, warnings: request.warnings };
};
