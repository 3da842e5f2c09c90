import { apiVersionOf } from '../../../shared/api/kinds.ts';
import { methodNotAllowed, unsupportedMediaType } from '../../../shared/api/errors.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import type { Scale } from '../../../shared/api/kinds.ts';
import type { KindDefinition, ScaleStrategy } from '../../resources/definition.ts';
import type { Decodable } from '../../resources/decode/decode-object.ts';
import { applyPatch, PATCH_TYPES } from '../../resources/patch/apply-patch.ts';
import type { Answer } from '../api-call.ts';
import { throwIfInvalid } from '../registry/checks.ts';
import { asObject } from '../registry/as-object.ts';
import { metaOf } from '../registry/context.ts';
import { decodeBody, decodePatched, mediaTypeOf, readBody } from '../registry/decode-request.ts';
import { cloneJson } from '../registry/json-value.ts';
import { writeOptionsOf } from '../registry/request-options.ts';
import { updateObject } from '../registry/update.ts';
import { readStored } from '../resource-handlers.ts';
import { bodyOf, type ResourceHandler } from '../resource-request.ts';

const SCALE: Decodable = {
  type: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
  schema: 'io.k8s.api.autoscaling.v1.Scale',
};
const ATTEMPTS = 5;

/** autoscaling/v1 Scale of an object: the part of it an autoscaler or `kubectl scale` needs. */
export function scaleOf(strategy: ScaleStrategy<KubeObject>, object: KubeObject): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata ?? {};
  const metadata = { name, namespace, uid, resourceVersion, creationTimestamp };
  return {
    kind: 'Scale',
    apiVersion: apiVersionOf(SCALE.type),
    metadata: cloneJson(metadata) as NonNullable<Scale['metadata']>,
    spec: { replicas: strategy.specReplicas(object) },
    status: { replicas: strategy.statusReplicas(object), selector: strategy.selector(object) },
  };
}

/** The object with the wanted replica count, over the version and identity the Scale names. */
function scaled(kind: KindDefinition, strategy: ScaleStrategy<KubeObject>, old: KubeObject, wanted: Scale): KubeObject {
  const replicas = wanted.spec?.replicas ?? 0;
  if (replicas < 0)
    throwIfInvalid({ ...kind, type: { ...kind.type, ...SCALE.type } }, old.metadata?.name ?? '', [
      { type: 'Invalid', field: 'spec.replicas', value: replicas, detail: 'must be greater than or equal to 0' },
    ]);
  const object = strategy.withReplicas(cloneJson(old), replicas);
  const metadata = metaOf(object) as Record<string, unknown>;
  const { uid, resourceVersion, name } = wanted.metadata ?? {};
  if (uid) metadata['uid'] = uid;
  if (resourceVersion) metadata['resourceVersion'] = resourceVersion;
  if (name) metadata['name'] = name;
  return object;
}

/** GET, PUT and PATCH of `/scale`. */
export const scaleHandler: ResourceHandler = async (deps, request): Promise<Answer> => {
  const { kind } = request.target;
  const strategy = kind.scale;
  const { verb } = request.info;
  if (!strategy || !['get', 'update', 'patch'].includes(verb)) throw methodNotAllowed();
  if (verb === 'get')
    return { type: 'object', code: 200, value: scaleOf(strategy, asObject(await readStored(deps, request))) };

  const options = writeOptionsOf(request.call.query);
  const body = bodyOf(request);
  let wantedOf: (old: KubeObject) => Scale;
  if (verb === 'update') {
    const scale = decodeBody(SCALE, body, options.fieldValidation, request.warnings) as Scale;
    wantedOf = () => scale;
  } else {
    const patchType = PATCH_TYPES[mediaTypeOf(body.contentType)];
    if (!patchType) throw unsupportedMediaType(Object.keys(PATCH_TYPES));
    const patch = readBody(body);
    wantedOf = (old) => {
      const patched = applyPatch(SCALE, scaleOf(strategy, old), patch.value, patchType);
      return decodePatched(SCALE, patched, patch, options.fieldValidation, request.warnings) as Scale;
    };
  }
  const written = await updateObject(deps.registry, request.target, {
    mode: 'whole',
    subresource: 'scale',
    dryRun: options.dryRun,
    attempts: ATTEMPTS,
    change: (old) => scaled(kind, strategy, old, wantedOf(old)),
  });
  return { type: 'object', code: 200, value: scaleOf(strategy, asObject(written.object)), warnings: request.warnings };
};
