import { apiVersionOf } from '../../../shared/api/kinds.ts';
import { methodNotAllowed, unsupportedMediaType } from '../../../shared/api/errors.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import type { Scale } from '../../../shared/api/kinds.ts';
import type { KindDefinition, ScaleStrategy } from '../../resources/definition.ts';
import { decodeObject, type Decodable } from '../../resources/decode/decode-object.ts';
import { compareFields } from '../../resources/apply/compare.ts';
import { pathsOf } from '../../resources/apply/set-algebra.ts';
import { APPLY_TYPE, applyPatch, PATCH_TYPES } from '../../resources/patch/apply-patch.ts';
import type { Answer } from '../api-call.ts';
import { merge, readConfig, reportDuplicates } from '../registry/apply.ts';
import { throwIfInvalid } from '../registry/checks.ts';
import { asObject } from '../registry/as-object.ts';
import { metaOf } from '../registry/context.ts';
import { versionsOf, withoutManagedFields, type ManagedFields } from '../registry/ownership.ts';
import { decodeBody, decodePatched, mediaTypeOf, readBody } from '../registry/decode-request.ts';
import { cloneJson } from '../registry/json-value.ts';
import { applyOptionsOf, patchOptionsOf, writeOptionsOf } from '../registry/request-options.ts';
import { updateObject } from '../registry/update.ts';
import { readStored } from '../resource-handlers.ts';
import { bodyOf, type ResourceDeps, type ResourceHandler, type ResourceRequest } from '../resource-request.ts';

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

  const body = bodyOf(request);
  if (verb === 'patch' && mediaTypeOf(body.contentType) === APPLY_TYPE) return applyScale(deps, request, strategy);
  const options = verb === 'patch' ? patchOptionsOf(request.call.query) : writeOptionsOf(request.call.query);
  let wantedOf: (old: KubeObject) => Scale;
  if (verb === 'update') {
    const scale = decodeBody(SCALE, body, options.fieldValidation, request.warnings) as Scale;
    wantedOf = () => scale;
  } else {
    const patchType = PATCH_TYPES[mediaTypeOf(body.contentType)];
    if (!patchType) throw unsupportedMediaType([...Object.keys(PATCH_TYPES), APPLY_TYPE]);
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

/**
 * Server-side apply of a Scale: an apply of the replica count alone to the object it scales, by the same manager with
 * the subresource `scale` (upstream's ScaleHandler).
 */
async function applyScale(
  deps: ResourceDeps,
  request: ResourceRequest,
  strategy: ScaleStrategy<KubeObject>,
): Promise<Answer> {
  const { target, call, warnings } = request;
  const options = applyOptionsOf(call.query);
  const body = readBody(bodyOf(request));
  const wanted = decodeObject(SCALE, readConfig(SCALE, body)).object as Scale;
  reportDuplicates(body, options, warnings);
  let owners: ManagedFields;
  const written = await updateObject(deps.registry, target, {
    mode: 'whole',
    subresource: 'scale',
    dryRun: options.dryRun,
    attempts: ATTEMPTS,
    seesOwners: true,
    change: (old) => {
      const object = scaled(target.kind, strategy, withoutManagedFields(old), wanted);
      const config = wanted.spec?.replicas === undefined ? {} : replicasOnly(deps, target.kind, strategy, object);
      owners = merge(deps.registry, target, 'scale', config, old, options).managedFields;
      return object;
    },
    owners: () => owners,
  });
  return { type: 'object', code: 200, value: scaleOf(strategy, asObject(written.object)), warnings };
}

/** An object that says nothing but the replica count, wherever this kind keeps it. */
function replicasOnly(
  { registry }: ResourceDeps,
  kind: KindDefinition,
  strategy: ScaleStrategy<KubeObject>,
  object: KubeObject,
): KubeObject {
  const version = versionsOf(registry.catalog, kind)(apiVersionOf(kind.type));
  const replicas = strategy.specReplicas(object);
  const other = strategy.withReplicas(object, replicas + 1);
  const changed = version && compareFields(version.type, other, object).changed;
  const [path = []] = pathsOf(changed);
  return path.reduceRight<unknown>(
    (value, element) => ({ [element.slice('f:'.length)]: value }),
    replicas,
  ) as KubeObject;
}
