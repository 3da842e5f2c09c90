import { internalError, isApiError, messageOf } from '../../../../shared/api/errors.ts';
import type { KubeObject } from '../../../../shared/api/meta.ts';
import { decodeObject } from '../../../resources/decode/decode-object.ts';
import type { KindDefinition } from '../../../resources/definition.ts';
import { applyPatch } from '../../../resources/patch/apply-patch.ts';
import { cloneJson, equalJson } from '../../registry/json-value.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../chain.ts';
import { fromShown, requestValues } from '../policy/request-values.ts';
import { ask, invocationOf, isAsked, type Invocation, type WebhookDeps } from './dispatch.ts';
import { Hooks } from './hooks.ts';

/**
 * MutatingAdmissionWebhook: asks one after another, each about what the ones before made of the object. When one has
 * changed it, all mutating plugins are run once more, and of the webhooks those whose reinvocationPolicy is IfNeeded and
 * that were asked before.
 */
export function mutatingWebhooks(deps: WebhookDeps): AdmissionPlugin {
  const hooks = Hooks.mutating(deps.views);
  return {
    name: 'MutatingAdmissionWebhook',
    async mutate(request) {
      const all = await hooks.all();
      if (all.length === 0 || !isAsked(request)) return;
      const { reinvocation } = request;
      reinvocation?.beforeWebhooks(request.object);
      for (const [index, hook] of all.entries()) {
        if (reinvocation?.again && !reinvocation.isEligible(hook.uid)) continue;
        const invocation = await invocationOf(deps, hook, request);
        if (!invocation) continue;
        const changed = await invoke(deps, invocation, request, index);
        reinvocation?.invoked(hook.uid, hook.webhook.reinvocationPolicy === 'IfNeeded', changed);
      }
      reinvocation?.afterWebhooks(request.object);
    },
  };
}

/** Asks one webhook and takes its changes. */
async function invoke(
  deps: WebhookDeps,
  invocation: Invocation,
  request: AdmissionRequest,
  index: number,
): Promise<boolean> {
  const { hook, matched } = invocation;
  const place = `round_${request.reinvocation?.again ? 1 : 0}_index_${index}`;
  const answer = await ask(deps, invocation, request, true);
  if (!answer) request.annotate?.(`failed-open.mutation.webhook.admission.k8s.io/${place}`, hook.webhook.name);
  const mutated = answer?.patch !== undefined && takePatch(request, invocation, matched, answer.patch);
  request.annotate?.(
    `mutation.webhook.admission.k8s.io/${place}`,
    JSON.stringify({ configuration: hook.configuration, webhook: hook.webhook.name, mutated }),
  );
  return mutated;
}

function takePatch(request: AdmissionRequest, { hook }: Invocation, matched: KindDefinition, patch: unknown): boolean {
  if (Array.isArray(patch) && patch.length === 0) return false;
  const { object } = request;
  if (!object)
    throw internalError(
      `admission webhook ${JSON.stringify(hook.webhook.name)} attempted to modify the object, which is not supported for this operation`,
    );
  const { object: before } = requestValues(request, matched);
  let after: KubeObject;
  try {
    after = applyPatch(request.kind, cloneJson(before), patch, 'json') as KubeObject;
    after = fromShown(request, matched, decoded(request, matched, before, after));
  } catch (error) {
    if (isApiError(error)) throw internalError(error.message);
    throw internalError(messageOf(error));
  }
  if (equalJson(after, object)) return false;
  replace(object, after);
  return true;
}

/** What a webhook made, as an object of its kind with defaults; bodies of subresources are taken as they are. */
function decoded(
  request: AdmissionRequest,
  matched: KindDefinition,
  before: KubeObject | null,
  after: KubeObject,
): KubeObject {
  if (before?.kind !== matched.type.kind || request.subresource === 'scale') return after;
  const { object } = decodeObject(matched, after);
  if (request.subresource === '') matched.setDefaults(object);
  return object;
}

/** The registry holds on to the object, so it becomes the other one where it is. */
function replace(object: KubeObject, other: KubeObject): void {
  const target = object as Record<string, unknown>;
  for (const key of Object.keys(target)) Reflect.deleteProperty(target, key);
  Object.assign(target, other);
}
