import { badRequest, conflict, methodNotAllowed, notFound } from '../../../shared/api/errors.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import { PODS, type Pod } from '../../../shared/api/kinds.ts';
import type { Decodable } from '../../resources/decode/decode-object.ts';
import type { AdmissionRequest } from '../admission/chain.ts';
import { successStatus, type Answer } from '../api-call.ts';
import { checkPreconditions, matchNamespace } from '../registry/checks.ts';
import { metaOf, timestamp, type Target } from '../registry/context.ts';
import { decodeBody } from '../registry/decode-request.ts';
import { cloneJson } from '../registry/json-value.ts';
import { writeOptionsOf } from '../registry/request-options.ts';
import { updateObject } from '../registry/update.ts';
import { bodyOf, type ResourceDeps, type ResourceHandler, type ResourceRequest } from '../resource-request.ts';

const BINDING: Decodable = {
  type: { group: '', version: 'v1', kind: 'Binding' },
  schema: 'io.k8s.api.core.v1.Binding',
};

interface Binding extends KubeObject {
  target?: { kind?: string; name?: string };
}

/** POST pods/NAME/binding: the scheduler's one write. Sets spec.nodeName once and for all, and PodScheduled. */
export const bindingHandler: ResourceHandler = (deps, request) => {
  if (request.info.verb !== 'create') throw methodNotAllowed();
  return bind(deps, request, () => request.target);
};

/** POST bindings: the same, by the name in the body. */
export const createBinding: ResourceHandler = (deps, request) => {
  const pods = deps.registry.catalog.find(PODS.group, PODS.version, PODS.plural);
  if (!pods) throw notFound(PODS, '');
  return bind(deps, request, (binding) => ({ ...request.target, kind: pods, name: nameIn(binding) }));
};

function nameIn({ metadata }: Binding): string {
  if (!metadata?.name) throw badRequest('name must be provided');
  return metadata.name;
}

/** Binds the pod that `targetOf` finds in the body. */
async function bind(
  { registry }: ResourceDeps,
  request: ResourceRequest,
  targetOf: (binding: Binding) => Target,
): Promise<Answer> {
  const options = writeOptionsOf(request.call.query);
  const binding = decodeBody(BINDING, bodyOf(request), options.fieldValidation, request.warnings) as Binding;
  matchNamespace(request.target, binding);
  const admission = admissionOf(request, binding, options.dryRun);
  await registry.admission.mutate(admission);
  const node = binding.target?.name;
  if (!node) throw badRequest('target.name: Required value');
  if (binding.target?.kind && binding.target.kind !== 'Node')
    throw badRequest(
      `target.kind: Unsupported value: ${JSON.stringify(binding.target.kind)}: supported values: "Node", "<empty>"`,
    );
  const target = targetOf(binding);
  await registry.admission.validate(admission);
  await updateObject(registry, target, {
    mode: 'server',
    subresource: 'binding',
    admitted: true,
    dryRun: options.dryRun,
    attempts: 20,
    change: (old, stored) => {
      const { uid } = binding.metadata ?? {};
      if (uid) checkPreconditions(target, stored, { uid });
      return bound(target.name, old as Pod, node, binding, registry.clock.now());
    },
  });
  return { type: 'object', code: 201, value: successStatus(), warnings: request.warnings };
}

/** To admission a binding is a new Binding, not a changed pod. */
const admissionOf = (
  { target, info, warnings }: ResourceRequest,
  object: Binding,
  dryRun: boolean,
): AdmissionRequest => ({
  operation: 'CREATE',
  kind: target.kind,
  subresource: info.subresource,
  namespace: target.namespace,
  name: target.name || (object.metadata?.name ?? ''),
  user: target.user,
  dryRun,
  warn: (message) => void warnings.push(message),
  annotate: target.annotate,
  object,
});

function bound(name: string, old: Pod, node: string, binding: Binding, nowMs: number): Pod {
  const about = { group: '', plural: 'pods/binding' };
  if (old.metadata?.deletionTimestamp !== undefined)
    throw conflict(about, name, `pod ${name} is being deleted, cannot be assigned to a host`);
  if (old.spec?.nodeName)
    throw conflict(about, name, `pod ${name} is already assigned to node ${JSON.stringify(old.spec.nodeName)}`);
  const pod = cloneJson(old);
  pod.spec = { ...pod.spec, containers: pod.spec?.containers ?? [], nodeName: node };
  const { annotations } = binding.metadata ?? {};
  if (annotations && Object.keys(annotations).length > 0) {
    const metadata = metaOf(pod);
    metadata.annotations = { ...metadata.annotations, ...annotations };
  }
  const condition = { type: 'PodScheduled', status: 'True', lastTransitionTime: timestamp(nowMs) };
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled');
  pod.status = { ...pod.status, conditions: [...others, condition] };
  return pod;
}
