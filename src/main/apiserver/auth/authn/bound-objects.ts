import {
  NODES,
  PODS,
  SECRETS,
  SERVICE_ACCOUNTS,
  type Node,
  type Pod,
  type ResourceType,
  type Secret,
  type ServiceAccount,
} from '../../../../shared/api/kinds.ts';
import type { KubeObject } from '../../../../shared/api/meta.ts';
import { asObject } from '../../registry/as-object.ts';
import type { RegistryContext } from '../../registry/context.ts';
import { keyFor } from '../../registry/keys.ts';

/** What tokens are bound to, as it is now. Absent objects are undefined. */
export interface BoundObjects {
  serviceAccount(namespace: string, name: string): Promise<ServiceAccount | undefined>;
  pod(namespace: string, name: string): Promise<Pod | undefined>;
  secret(namespace: string, name: string): Promise<Secret | undefined>;
  node(name: string): Promise<Node | undefined>;
}

/** Reads them from the store. */
export function storedBoundObjects(registry: Pick<RegistryContext, 'storage' | 'catalog' | 'views'>): BoundObjects {
  const read = async <T extends KubeObject>(
    type: ResourceType<T>,
    namespace: string,
    name: string,
  ): Promise<T | undefined> => {
    const kind = registry.catalog.find(type.group, type.version, type.plural);
    const stored = kind && (await registry.storage.get(keyFor(kind, namespace, name)));
    return stored && (asObject(stored.value) as T);
  };
  return {
    serviceAccount: async (namespace, name) => (await registry.views.of(SERVICE_ACCOUNTS)).get(namespace, name),
    pod: (namespace, name) => read(PODS, namespace, name),
    secret: (namespace, name) => read(SECRETS, namespace, name),
    node: (name) => read(NODES, '', name),
  };
}
