import type { KubeObject } from '../api/meta.ts';
import { controllerOf } from '../api/meta.ts';
import type { PodRow } from './rows.ts';

/** What every row has from its object's metadata; `simulated` is set by whoever knows the nodes. */
export function rowBase(
  object: KubeObject,
): Pick<PodRow, 'uid' | 'name' | 'namespace' | 'createdAt' | 'simulated' | 'deleting'> {
  const { metadata } = object;
  return {
    uid: metadata?.uid ?? '',
    name: metadata?.name ?? '',
    namespace: metadata?.namespace ?? '',
    createdAt: metadata?.creationTimestamp ?? '',
    simulated: false,
    deleting: metadata?.deletionTimestamp !== undefined,
  };
}

/** `Kind/name` of the controlling owner, or an empty text. */
export function ownerOf(object: KubeObject): string {
  const owner = controllerOf(object);
  return owner ? `${owner.kind}/${owner.name}` : '';
}

interface Template {
  spec?: { containers?: { image?: string }[] };
}

/** The images of a pod's or a template's containers, in order. */
export function imagesOf(template: Template | undefined): string[] {
  return (template?.spec?.containers ?? []).flatMap(({ image }) => image ?? []);
}

/** Annotation under which the Deployment controller keeps a rollout's number. */
export const REVISION_ANNOTATION = 'deployment.kubernetes.io/revision';
