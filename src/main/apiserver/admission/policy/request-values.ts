import { apiVersionOf } from '../../../../shared/api/kinds.ts';
import type { KubeObject } from '../../../../shared/api/meta.ts';
import type { KindDefinition, ScaleStrategy } from '../../../resources/definition.ts';
import { scaleOf } from '../../subresources/scale.ts';
import type { AdmissionRequest } from '../chain.ts';

interface GroupVersionKind {
  group: string;
  version: string;
  kind: string;
}
interface GroupVersionResource {
  group: string;
  version: string;
  resource: string;
}

/** admission.k8s.io/v1 AdmissionRequest without uid and objects: what expressions know as `request`. */
export interface RequestAttributes {
  kind: GroupVersionKind;
  resource: GroupVersionResource;
  subResource?: string;
  requestKind: GroupVersionKind;
  requestResource: GroupVersionResource;
  requestSubResource?: string;
  name: string;
  namespace?: string;
  operation: AdmissionRequest['operation'];
  userInfo: {
    username: string;
    uid?: string;
    groups: readonly string[];
    extra?: Readonly<Record<string, readonly string[]>>;
  };
  dryRun: boolean;
  options: ({ kind: string; apiVersion: string; dryRun?: string[] } & Record<string, unknown>) | null;
}

/** A request in the words of the version that a webhook or policy asked for. */
export interface RequestValues {
  request: RequestAttributes;
  object: KubeObject | null;
  oldObject: KubeObject | null;
}

const OPTIONS = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions', CONNECT: undefined };

const isScale = ({ kind, subresource }: AdmissionRequest): ScaleStrategy<KubeObject> | undefined =>
  subresource === 'scale' ? kind.scale : undefined;

/** An object of one version of a resource as another version has it. */
export function convert(object: KubeObject, from: KindDefinition, to: KindDefinition): KubeObject {
  if (from === to) return object;
  const stored = from.storedAs ? from.storedAs.toStored(object) : object;
  return to.storedAs ? to.storedAs.fromStored(stored) : stored;
}

/** What a webhook or policy sees of an object: a scale subresource is a Scale, a body of its own is what it is. */
function shown(request: AdmissionRequest, object: KubeObject | undefined, matched: KindDefinition): KubeObject | null {
  if (!object) return null;
  const strategy = isScale(request);
  if (strategy) return scaleOf(strategy, object);
  return isOwn(request, object) ? convert(object, request.kind, matched) : object;
}

const isOwn = ({ kind }: AdmissionRequest, object: KubeObject): boolean =>
  object.kind === undefined || (object.kind === kind.type.kind && object.apiVersion === apiVersionOf(kind.type));

/** The kind of the request's body: the resource's own, or that of the subresource (Scale, Eviction, PodExecOptions). */
function kindOf(request: AdmissionRequest, matched: KindDefinition): GroupVersionKind {
  const body = shown(request, request.object ?? request.old, matched);
  const [version = '', group = ''] = (body?.apiVersion ?? apiVersionOf(matched.type)).split('/').reverse();
  return { group, version, kind: body?.kind ?? matched.type.kind };
}

const resourceOf = ({ type }: KindDefinition): GroupVersionResource => ({
  group: type.group,
  version: type.version,
  resource: type.plural,
});

/** Upstream's CreateV1AdmissionReview, and the variables of expressions. */
export function requestValues(request: AdmissionRequest, matched: KindDefinition): RequestValues {
  const { kind, subresource, name, namespace, operation, user, dryRun } = request;
  const options = OPTIONS[operation];
  return {
    request: {
      kind: kindOf(request, matched),
      resource: resourceOf(matched),
      ...(subresource === '' ? {} : { subResource: subresource }),
      requestKind: kindOf(request, kind),
      requestResource: resourceOf(kind),
      ...(subresource === '' ? {} : { requestSubResource: subresource }),
      name,
      ...(namespace === '' ? {} : { namespace }),
      operation,
      userInfo: {
        username: user.name,
        ...(user.uid === undefined ? {} : { uid: user.uid }),
        groups: user.groups,
        ...(user.extra ? { extra: user.extra } : {}),
      },
      dryRun,
      options: options
        ? { kind: options, apiVersion: 'meta.k8s.io/v1', ...request.options, ...(dryRun ? { dryRun: ['All'] } : {}) }
        : null,
    },
    object: shown(request, request.object, matched),
    oldObject: shown(request, request.old, matched),
  };
}

/** The other way: what a webhook made of what it was shown, as an object of the request's own kind. */
export function fromShown(request: AdmissionRequest, matched: KindDefinition, changed: KubeObject): KubeObject {
  const strategy = isScale(request);
  const object = request.object ?? {};
  if (strategy) {
    const { spec } = changed as KubeObject & { spec?: { replicas?: number } };
    return strategy.withReplicas(object, spec?.replicas ?? 0);
  }
  return isOwn(request, object) ? convert(changed, matched, request.kind) : changed;
}
