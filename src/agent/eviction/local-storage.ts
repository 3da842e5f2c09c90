import type { Pod } from '../../shared/api/kinds.ts';
import { formatBytes, wholeValue } from '../../shared/api/quantity.ts';
import { containerStorageMessage, emptyDirMessage, podStorageMessage } from './messages.ts';

/** What a pod has on the machine's disk, in bytes. */
export interface LocalUsage {
  /** emptyDir volumes that are not in memory, by name. */
  volumes: ReadonlyMap<string, number>;
  /** Written layer and logs, by container. */
  containers: ReadonlyMap<string, number>;
}

/** A limit that a pod has passed; `signal` as kubelet_evictions counts it. */
export interface Exceeded {
  signal: 'emptydirfs.limit' | 'ephemeralpodfs.limit' | 'ephemeralcontainerfs.limit';
  message: string;
}

/** Whether there is anything to measure a pod for. */
export function hasLocalLimits({ spec }: Pod): boolean {
  return (
    (spec?.volumes ?? []).some(({ emptyDir }) => emptyDir?.sizeLimit !== undefined && emptyDir.medium !== 'Memory') ||
    (spec?.containers ?? []).some(({ resources }) => resources?.limits?.['ephemeral-storage'] !== undefined)
  );
}

/** The first limit that is passed, in upstream's order: volumes, the pod, its containers (localStorageEviction). */
export function exceededLimit({ spec }: Pod, { volumes, containers }: LocalUsage): Exceeded | undefined {
  for (const { name, emptyDir } of spec?.volumes ?? []) {
    const limit = emptyDir?.sizeLimit;
    if (limit === undefined || wholeValue(limit) === 0 || (volumes.get(name) ?? 0) <= wholeValue(limit)) continue;
    return { signal: 'emptydirfs.limit', message: emptyDirMessage(name, limit) };
  }
  const limits = (spec?.containers ?? []).flatMap(({ name, resources }) => {
    const limit = resources?.limits?.['ephemeral-storage'];
    return limit === undefined ? [] : [{ name, limit, bytes: wholeValue(limit) }];
  });
  const used = sum(volumes.values()) + sum(containers.values());
  const total = sum(limits.map(({ bytes }) => bytes));
  if (limits.length > 0 && used > total)
    return { signal: 'ephemeralpodfs.limit', message: podStorageMessage(formatBytes(total)) };
  for (const { name, limit, bytes } of limits)
    if (bytes > 0 && (containers.get(name) ?? 0) > bytes)
      return { signal: 'ephemeralcontainerfs.limit', message: containerStorageMessage(name, limit) };
  return undefined;
}

const sum = (values: Iterable<number>): number => [...values].reduce((total, each) => total + each, 0);
