import type { PersistentVolumeClaim } from '../../../shared/api/kinds.ts';

/** Defaults of a claim (core/v1 SetDefaults_PersistentVolumeClaim), its data source under both of its names. */
export function setClaimDefaults({ spec }: PersistentVolumeClaim): void {
  if (!spec) return;
  spec.volumeMode ??= 'Filesystem';
  if (spec.dataSource && !spec.dataSourceRef) spec.dataSourceRef = { ...spec.dataSource };
  else if (spec.dataSourceRef && !spec.dataSource && !spec.dataSourceRef.namespace) {
    const { namespace: _none, ...source } = spec.dataSourceRef;
    spec.dataSource = source;
  }
}
