import type { PodTemplateSpec } from '../../../shared/api/kinds.ts';

type Volume = NonNullable<NonNullable<PodTemplateSpec['spec']>['volumes']>[number];

/** 0644 */
const DEFAULT_MODE = 420;

/** A volume without a source is an emptyDir. Changes its argument. */
export function setVolumeDefaults(volume: Volume): void {
  const hasSource = Object.keys(volume).some((key) => key !== 'name');
  if (!hasSource) volume.emptyDir = {};
  if (volume.configMap) volume.configMap.defaultMode ??= DEFAULT_MODE;
  if (volume.secret) volume.secret.defaultMode ??= DEFAULT_MODE;
  if (volume.hostPath) volume.hostPath.type ??= '';
  if (volume.downwardAPI) {
    volume.downwardAPI.defaultMode ??= DEFAULT_MODE;
    setFieldReferences(volume.downwardAPI.items ?? []);
  }
  if (volume.projected) {
    volume.projected.defaultMode ??= DEFAULT_MODE;
    for (const source of volume.projected.sources ?? []) {
      if (source.serviceAccountToken) source.serviceAccountToken.expirationSeconds ??= 3600;
      setFieldReferences(source.downwardAPI?.items ?? []);
    }
  }
}

type DownwardFile = NonNullable<NonNullable<Volume['downwardAPI']>['items']>[number];

function setFieldReferences(items: readonly DownwardFile[]): void {
  for (const { fieldRef, resourceFieldRef } of items) {
    if (fieldRef) fieldRef.apiVersion ||= 'v1';
    if (resourceFieldRef) resourceFieldRef.divisor ??= '0';
  }
}
