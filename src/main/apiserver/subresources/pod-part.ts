import { methodNotAllowed, unsupportedMediaType } from '../../../shared/api/errors.ts';
import type { Container, Pod } from '../../../shared/api/kinds.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import { decodeObject } from '../../resources/decode/decode-object.ts';
import { APPLY_TYPE, applyPatch, PATCH_TYPES } from '../../resources/patch/apply-patch.ts';
import { bumpGeneration } from '../../resources/strategy.ts';
import { validateEphemeralContainersUpdate } from '../../resources/validation/ephemeral-containers.ts';
import type { FieldError } from '../../resources/validation/field-error.ts';
import { validatePodResize } from '../../resources/validation/pod-resize.ts';
import { checkedConfig, merge } from '../registry/apply.ts';
import { decodeBody, decodePatched, mediaTypeOf, readBody } from '../registry/decode-request.ts';
import { cloneJson } from '../registry/json-value.ts';
import { withoutManagedFields, type ManagedFields } from '../registry/ownership.ts';
import { applyOptionsOf, patchOptionsOf, writeOptionsOf } from '../registry/request-options.ts';
import { updateObject } from '../registry/update.ts';
import { readStored } from '../resource-handlers.ts';
import { bodyOf, type ResourceDeps, type ResourceHandler, type ResourceRequest } from '../resource-request.ts';

const ATTEMPTS = 5;

type PodSpec = NonNullable<Pod['spec']>;

/** A part of a pod's spec that is changed through a subresource of its own, with rules of its own. */
interface PodPart {
  subresource: string;
  /** The stored pod with that part of the wanted one; everything else the client says is forgotten. */
  take(wanted: Pod, stored: Pod): Pod['spec'];
  /** What of an applied configuration's spec is about that part (the strategies' GetResetFieldsFilter). */
  applied(spec: Partial<PodSpec>): Partial<PodSpec>;
  rules(pod: Pod, old: Pod): FieldError[];
}

/** GET, PUT and PATCH of a pod through one of its parts. */
const podPartHandler =
  (part: PodPart): ResourceHandler =>
  async (deps, request) => {
    const { target, info, call, warnings } = request;
    const { kind } = target;
    if (info.verb === 'get') return { type: 'object', code: 200, value: await readStored(deps, request), kind };
    const wantedOf = wantedPod(deps, request, part);
    const written = await updateObject(deps.registry, target, {
      mode: 'server',
      subresource: part.subresource,
      dryRun: writeOptionsOf(call.query).dryRun,
      attempts: ATTEMPTS,
      tracked: true,
      ...(wantedOf.owners ? { owners: wantedOf.owners, seesOwners: true } : {}),
      change(old) {
        const wanted = wantedOf.pod(old);
        kind.setDefaults(wanted);
        const pod = cloneJson(withoutManagedFields(old)) as Pod;
        const { uid, resourceVersion, name } = wanted.metadata ?? {};
        // Whoever names a version or an identity means that one.
        const named = { ...(uid ? { uid } : {}), ...(name ? { name } : {}) };
        const { resourceVersion: _stored, ...metadata } = pod.metadata ?? {};
        pod.metadata = { ...metadata, ...named, ...(resourceVersion ? { resourceVersion } : {}) };
        const spec = part.take(wanted as Pod, pod);
        if (spec) pod.spec = spec;
        return pod;
      },
      prepare: bumpGeneration,
      rules: (object, old) => [...kind.validate(object), ...part.rules(object as Pod, old as Pod)],
    });
    return { type: 'object', code: 200, value: written.object, kind, warnings };
  };

interface Wanted {
  /** What the client wants the pod to be, given what it is. */
  pod(old: KubeObject): KubeObject;
  /** managedFields of the pod that was wanted last, where it was applied. */
  owners?: () => ManagedFields;
}

/** Throws 405, 415 and what is wrong with the body. */
function wantedPod(deps: ResourceDeps, request: ResourceRequest, part: PodPart): Wanted {
  const { target, info, call, warnings } = request;
  if (info.verb !== 'update' && info.verb !== 'patch') throw methodNotAllowed();
  const body = bodyOf(request);
  if (info.verb === 'update') {
    const object = decodeBody(target.kind, body, writeOptionsOf(call.query).fieldValidation, warnings);
    return { pod: () => cloneJson(object) };
  }
  const mediaType = mediaTypeOf(body.contentType);
  if (mediaType === APPLY_TYPE) return appliedPod(deps, request, part);
  const patchType = PATCH_TYPES[mediaType];
  if (!patchType) throw unsupportedMediaType([...Object.keys(PATCH_TYPES), APPLY_TYPE]);
  const { fieldValidation } = patchOptionsOf(call.query);
  const patch = readBody(body);
  return {
    pod: (old) =>
      decodePatched(
        target.kind,
        applyPatch(target.kind, old, patch.value, patchType),
        patch,
        fieldValidation,
        warnings,
      ),
  };
}

/** Server-side apply: of the configuration, the part alone is merged and owned. */
function appliedPod({ registry }: ResourceDeps, request: ResourceRequest, part: PodPart): Wanted {
  const { target, call } = request;
  const options = applyOptionsOf(call.query);
  const { spec, metadata, ...type } = checkedConfig(registry, target, readBody(bodyOf(request)), options) as Pod;
  const { name, namespace, uid, resourceVersion } = metadata ?? {};
  const identity = cloneJson({ name, namespace, uid, resourceVersion }) as NonNullable<Pod['metadata']>;
  const config = {
    ...(type.apiVersion ? { apiVersion: type.apiVersion } : {}),
    ...(type.kind ? { kind: type.kind } : {}),
    metadata: identity,
    spec: part.applied(spec ?? {}),
  };
  let owners: ManagedFields;
  return {
    pod(old) {
      const applied = merge(registry, target, part.subresource, config, old, options);
      owners = applied.managedFields;
      return decodeObject(target.kind, applied.object).object;
    },
    owners: () => owners,
  };
}

/** pods/NAME/ephemeralcontainers: `kubectl debug` adds a container to a pod that runs. */
export const ephemeralContainersHandler = podPartHandler({
  subresource: 'ephemeralcontainers',
  take(wanted, { spec }) {
    const { ephemeralContainers: _before, ...rest } = spec ?? { containers: [] };
    const added = wanted.spec?.ephemeralContainers;
    return added?.length ? { ...rest, ephemeralContainers: added } : rest;
  },
  applied: ({ ephemeralContainers }) => (ephemeralContainers ? { ephemeralContainers } : {}),
  rules: validateEphemeralContainersUpdate,
});

/** pods/NAME/resize: changes what containers may use. Where containers do not match, the rules say so. */
export const resizeHandler = podPartHandler({
  subresource: 'resize',
  take(wanted, { spec }) {
    const containers = resized(wanted.spec?.containers ?? [], spec?.containers ?? []);
    const init = resized(wanted.spec?.initContainers ?? [], spec?.initContainers ?? []);
    return { ...spec, containers, ...(init.length > 0 ? { initContainers: init } : {}) };
  },
  applied: ({ containers, initContainers }) => ({
    ...(containers ? { containers: containers.map(resizablePart) } : {}),
    ...(initContainers ? { initContainers: initContainers.map(resizablePart) } : {}),
  }),
  rules: validatePodResize,
});

function resized(wanted: readonly Container[], stored: readonly Container[]): Container[] {
  if (wanted.length !== stored.length || wanted.some(({ name }, index) => name !== stored[index]?.name))
    return [...wanted];
  return stored.map((container, index) => {
    const { resources, resizePolicy } = wanted[index] ?? {};
    const { resources: _resources, resizePolicy: _policy, ...rest } = container;
    return { ...rest, ...(resources ? { resources } : {}), ...(resizePolicy ? { resizePolicy } : {}) } as Container;
  });
}

function resizablePart({ name, resources, resizePolicy }: Container): Container {
  return { name, ...(resources ? { resources } : {}), ...(resizePolicy ? { resizePolicy } : {}) } as Container;
}
