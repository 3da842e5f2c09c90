import type { Container, Pod } from '../../shared/api/kinds.ts';
import { milliValue, parseQuantity, wholeValue } from '../../shared/api/quantity.ts';
import { ConfigError } from './config-error.ts';

/** What a pod can be told about where it runs. */
export interface Surroundings {
  podIp: string | undefined;
  hostIp: string | undefined;
  /** Allocatable of the machine: what a container without a limit is told. */
  allocatable: { milliCpu: number; memoryBytes: number };
}

/** The value of a downward API field path, in an environment variable or in a file. */
export function fieldValue(pod: Pod, path: string, around: Surroundings): string {
  const subscript = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(path);
  if (subscript) return pod.metadata?.[subscript[1] as 'labels' | 'annotations']?.[subscript[2] ?? ''] ?? '';
  switch (path) {
    case 'metadata.name':
      return pod.metadata?.name ?? '';
    case 'metadata.namespace':
      return pod.metadata?.namespace ?? '';
    case 'metadata.uid':
      return pod.metadata?.uid ?? '';
    case 'metadata.labels':
      return formatMap(pod.metadata?.labels);
    case 'metadata.annotations':
      return formatMap(pod.metadata?.annotations);
    case 'spec.nodeName':
      return pod.spec?.nodeName ?? '';
    case 'spec.serviceAccountName':
      return pod.spec?.serviceAccountName ?? '';
    case 'status.hostIP':
    case 'status.hostIPs':
      return around.hostIp ?? '';
    case 'status.podIP':
    case 'status.podIPs':
      return around.podIp ?? '';
    default:
      throw new ConfigError(`unsupported fieldPath: ${path}`);
  }
}

/** `key="value"` lines, sorted: what a file with all labels holds (pkg/fieldpath). */
function formatMap(map: Record<string, string> | undefined): string {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}

/** The value of a `resourceFieldRef`, in units of its divisor, rounded up (pkg/api/v1/resource). */
export function resourceValue(
  container: Container,
  ref: { resource: string; divisor?: string },
  around: Surroundings,
): string {
  const [kind, name = ''] = ref.resource.split('.');
  const list = kind === 'limits' ? container.resources?.limits : container.resources?.requests;
  const quantity = list?.[name] ?? '0';
  const divisor = !ref.divisor || ref.divisor === '0' ? '1' : ref.divisor;
  if (name === 'cpu') {
    const milli = milliValue(quantity) || (kind === 'limits' ? around.allocatable.milliCpu : 0);
    return String(Math.ceil(milli / (parseQuantity(divisor) * 1000)));
  }
  if (name !== 'memory' && name !== 'ephemeral-storage')
    throw new ConfigError(`unsupported container resource : ${ref.resource}`);
  const bytes = wholeValue(quantity) || (kind === 'limits' && name === 'memory' ? around.allocatable.memoryBytes : 0);
  return String(Math.ceil(bytes / parseQuantity(divisor)));
}
