import type { KubeObject } from '../../../shared/api/meta.ts';

export const PARTIAL_LIST_TYPE = { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' } as const;

/** An object with nothing but its metadata, as metadata clients ask for it. */
export function partialMetadataOf(object: KubeObject): object {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}
