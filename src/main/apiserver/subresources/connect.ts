import type { KubeObject } from '../../../shared/api/meta.ts';
import type { ResourceDeps, ResourceRequest } from '../resource-request.ts';

/** Asks the admission plugins about a connection; `options` are what upstream passes: PodExecOptions and its kin. Throws their refusal. */
export async function admitConnect(
  { registry }: Pick<ResourceDeps, 'registry'>,
  { target, info, warnings }: ResourceRequest,
  options: { kind: string } & Record<string, unknown>,
): Promise<void> {
  const attributes = {
    operation: 'CONNECT' as const,
    kind: target.kind,
    subresource: info.subresource,
    namespace: target.namespace,
    name: target.name,
    user: target.user,
    dryRun: false,
    warn: (message: string) => void warnings.push(message),
    annotate: target.annotate,
    object: { apiVersion: 'v1', ...options } as KubeObject,
  };
  await registry.admission.mutate(attributes);
  await registry.admission.validate(attributes);
}

const isOn = (query: URLSearchParams, name: string): boolean => {
  const value = query.get(name);
  return value !== null && value !== 'false' && value !== '0';
};

/** The options of a stream into a pod, as its query has them. */
export function streamOptionsOf(
  subresource: 'exec' | 'attach' | 'portforward',
  query: URLSearchParams,
): { kind: string } & Record<string, unknown> {
  if (subresource === 'portforward') {
    const ports = query.getAll('ports').map(Number).filter(Number.isInteger);
    return { kind: 'PodPortForwardOptions', ...(ports.length > 0 ? { ports } : {}) };
  }
  const flags = ['stdin', 'stdout', 'stderr', 'tty'].filter((name) => isOn(query, name));
  const container = query.get('container');
  return {
    kind: subresource === 'exec' ? 'PodExecOptions' : 'PodAttachOptions',
    ...Object.fromEntries(flags.map((name) => [name, true])),
    ...(container ? { container } : {}),
    ...(subresource === 'exec' ? { command: query.getAll('command') } : {}),
  };
}
