import { messageOf } from '../../../../shared/api/errors.ts';
import {
  ENDPOINT_SLICES,
  ENDPOINTS,
  SERVICE_CIDRS,
  SERVICES,
  type ResourceType,
} from '../../../../shared/api/kinds.ts';
import { nameOf, type KubeObject } from '../../../../shared/api/meta.ts';
import type { Logger } from '../../../../shared/logger.ts';
import { createIfAbsent, SELF, type PostStartHook } from '../../post-start-hooks.ts';
import type { RegistryContext } from '../context.ts';
import { ClusterIps } from './cluster-ips.ts';
import { clusterServices } from './cluster-services.ts';
import { NodePorts } from './node-ports.ts';
import { repairAllocations } from './repair.ts';
import { ServiceAllocation } from './service-allocation.ts';

/** Smaller than kubeadm's /12, so that it overlaps fewer home and office networks; still 65,000 Services. */
export const DEFAULT_SERVICE_CIDR = '10.96.0.0/16';
/** Upstream's intervals: of the kubernetes Service's controller, and of the repair of addresses and ports. */
const KEEP_MS = 10_000;
const REPAIR_MS = 3 * 60_000;

/** What the server does for Services: gives them addresses and ports, and has those that every cluster has. */
export function serviceHooks(serviceCidr: string): PostStartHook[] {
  return [
    {
      name: 'start-kubernetes-service-cidr-controller',
      start: async (registry, log) => {
        const { cidr, services } = clusterServices(serviceCidr);
        const ips = new ClusterIps(registry, SELF);
        const { random, clock } = registry;
        const ports = new NodePorts(registry.storage, { random, now: () => clock.now() });
        registry.hooks.add(new ServiceAllocation(ips, ports));
        const keep = async (): Promise<void> => {
          await createIfMissing(registry, SERVICE_CIDRS, cidr);
          for (const { service, slice, endpoints } of services) {
            await createIfMissing(registry, SERVICES, service);
            await createIfMissing(registry, ENDPOINT_SLICES, slice);
            await createIfMissing(registry, ENDPOINTS, endpoints);
          }
        };
        const repair = (): Promise<void> => repairAllocations(registry, { ips, ports }, log);
        await keep();
        await repair();
        const stops = [repeat(keep, KEEP_MS, log), repeat(repair, REPAIR_MS, log)];
        return async () => void (await Promise.all(stops.map((stop) => stop())));
      },
    },
  ];
}

/** Looks in memory first: nearly always it is there. */
async function createIfMissing(registry: RegistryContext, type: ResourceType, object: KubeObject): Promise<void> {
  const namespace = object.metadata?.namespace ?? '';
  const there = (await registry.views.of(type)).get(namespace, nameOf(object));
  if (!there) await createIfAbsent(registry, namespace, structuredClone(object), type);
}

/** Returns what ends it, which resolves when nothing of it runs any more. */
function repeat(task: () => Promise<void>, everyMs: number, log: Logger): () => Promise<void> {
  let running = Promise.resolve();
  const timer = setInterval(() => {
    running = running.then(task).catch((error: unknown) => {
      log.warn({ error: messageOf(error) }, 'Services of the cluster could not be looked after');
    });
  }, everyMs);
  return () => {
    clearInterval(timer);
    return running;
  };
}
