import { formatBytes } from '../../shared/api/quantity.ts';
import { requestOf, type Candidate } from './rank.ts';
import type { Crossed } from './thresholds.ts';

/** Why a pod was evicted (pkg/kubelet/eviction/helpers.go evictionMessage), the space at the end included. */
export function pressureMessage({ resource, threshold, available }: Crossed, { pod, usage }: Candidate): string {
  const bytes = resource === 'memory' || resource === 'ephemeral-storage';
  const amount = (value: number): string => (bytes ? formatBytes(value) : String(value));
  const parts = [
    `The node was low on resource: ${resource}. `,
    `Threshold quantity: ${amount(threshold)}, available: ${inKibibytes(available, bytes)}. `,
  ];
  if (bytes)
    for (const container of pod.spec?.containers ?? []) {
      const used = usage?.get(container.name);
      const asked = requestOf(container, resource);
      if (used === undefined || used <= asked) continue;
      const request = container.resources?.requests?.[resource] ?? '0';
      parts.push(
        `Container ${container.name} was using ${inKibibytes(used, true)}, which exceeds its request of ${request}. `,
      );
    }
  return parts.join('');
}

/** Measured bytes are whole kibibytes mostly, and read better so. */
const inKibibytes = (value: number, bytes: boolean): string =>
  bytes ? `${Math.floor(value / 1024)}Ki` : String(value);

export const emptyDirMessage = (volume: string, limit: string): string =>
  `Usage of EmptyDir volume "${volume}" exceeds the limit "${limit}". `;
export const podStorageMessage = (limit: string): string =>
  `Pod ephemeral local storage usage exceeds the total limit of containers ${limit}. `;
export const containerStorageMessage = (container: string, limit: string): string =>
  `Container ${container} exceeded its local ephemeral storage limit "${limit}". `;
