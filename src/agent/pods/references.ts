import type { Pod } from '../../shared/api/kinds.ts';
import { allContainersOf } from './pod-containers.ts';

/** Names of the ConfigMaps and Secrets of its namespace that a pod uses. */
export interface References {
  configMaps: Set<string>;
  secrets: Set<string>;
}

/** Everything the pod's containers and volumes refer to; pull secrets of its own included. */
export function referencesOf(pod: Pod): References {
  const configMaps = new Set<string>();
  const secrets = new Set<string>();
  const note = (set: Set<string>, name: string | undefined): void => void (name && set.add(name));
  for (const container of allContainersOf(pod)) {
    for (const { configMapRef, secretRef } of container.envFrom ?? []) {
      note(configMaps, configMapRef?.name);
      note(secrets, secretRef?.name);
    }
    for (const { valueFrom } of container.env ?? []) {
      note(configMaps, valueFrom?.configMapKeyRef?.name);
      note(secrets, valueFrom?.secretKeyRef?.name);
    }
  }
  for (const volume of pod.spec?.volumes ?? []) {
    note(configMaps, volume.configMap?.name);
    note(secrets, volume.secret?.secretName);
    for (const source of volume.projected?.sources ?? []) {
      note(configMaps, source.configMap?.name);
      note(secrets, source.secret?.name);
    }
  }
  for (const { name } of pod.spec?.imagePullSecrets ?? []) note(secrets, name);
  return { configMaps, secrets };
}
