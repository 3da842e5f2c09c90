import { messageOf } from '../../../../shared/api/errors.ts';
import { IP_ADDRESSES, SERVICES, type IPAddress, type Service } from '../../../../shared/api/kinds.ts';
import { keyOf, nameOf } from '../../../../shared/api/meta.ts';
import type { Logger } from '../../../../shared/logger.ts';
import type { RegistryContext } from '../context.ts';
import { AddressError, MANAGED_BY, type ClusterIps } from './cluster-ips.ts';
import { NODE_PORT_PREFIX, PortError, type NodePortRecord, type NodePorts } from './node-ports.ts';
import { addressHeld, portsHeld } from './wanted-ports.ts';

/** Something younger may belong to a Service that is just being written. */
const GRACE_MS = 60_000;

export interface RepairPlan {
  /** Taken, and nobody has them: an API server ended between taking and writing. */
  leakedIps: IPAddress[];
  leakedPorts: { port: number; record: NodePortRecord }[];
  /** Services have them, and they are not taken: others could be given the same. */
  missingIps: { service: Service; ip: string }[];
  missingPorts: { service: Service; port: number }[];
}

/** What is not as Services say (servicecidrs repairip.go, portallocator/controller/repair.go). */
export function planRepair(
  services: readonly Service[],
  addresses: readonly IPAddress[],
  ports: ReadonlyMap<number, NodePortRecord>,
  now: number,
): RepairPlan {
  const byKey = new Map(services.map((service) => [keyOf(service), service]));
  const taken = new Set(addresses.map(nameOf));
  const leakedIps = addresses.filter((address) => {
    const { namespace = '', name = '', resource } = address.spec?.parentRef ?? {};
    const managed = address.metadata?.labels?.['ipaddress.kubernetes.io/managed-by'] === MANAGED_BY;
    const old = now - Date.parse(address.metadata?.creationTimestamp ?? '') > GRACE_MS;
    const owner = byKey.get(`${namespace}/${name}`);
    return managed && old && resource === 'services' && addressHeld(owner?.spec) !== nameOf(address);
  });
  const leakedPorts = [...ports].flatMap(([port, record]) => {
    const owner = byKey.get(`${record.namespace}/${record.name}`);
    const held = owner?.metadata?.uid === record.uid && portsHeld(owner.spec).has(port);
    return held || now - record.since <= GRACE_MS ? [] : [{ port, record }];
  });
  return {
    leakedIps,
    leakedPorts,
    missingIps: services.flatMap((service) => {
      const ip = addressHeld(service.spec);
      return ip && !taken.has(ip) ? [{ service, ip }] : [];
    }),
    missingPorts: services.flatMap((service) =>
      [...portsHeld(service.spec)].filter((port) => !ports.has(port)).map((port) => ({ service, port })),
    ),
  };
}

/** Looks at all Services, and at all that was taken for them, and puts it right. */
export async function repairAllocations(
  context: RegistryContext,
  { ips, ports }: { ips: ClusterIps; ports: NodePorts },
  log: Logger,
): Promise<void> {
  const { items } = await context.storage.list({ prefix: NODE_PORT_PREFIX });
  const records = new Map(
    items.map(({ key, value }) => [Number(key.slice(NODE_PORT_PREFIX.length)), value as unknown as NodePortRecord]),
  );
  const services = (await context.views.of(SERVICES)).list();
  const addresses = (await context.views.of(IP_ADDRESSES)).list();
  const plan = planRepair(services, addresses, records, context.clock.now());
  for (const address of plan.leakedIps) {
    const { name = '', namespace = '' } = address.spec?.parentRef ?? {};
    await ips.giveBack({ metadata: { name, namespace } }, nameOf(address));
    log.info({ ip: nameOf(address) }, 'gave back an address that no Service has');
  }
  for (const { port, record } of plan.leakedPorts) {
    const { name, namespace, uid } = record;
    await ports.giveBack({ metadata: { name, namespace, uid } }, port);
    log.info({ port }, 'gave back a node port that no Service has');
  }
  for (const { service, ip } of plan.missingIps) await attempt(() => ips.take(service, ip, false), service, log);
  for (const { service, port } of plan.missingPorts)
    await attempt(() => ports.take(service, port, false), service, log);
}

/** One Service's trouble is no reason to leave the others as they are. */
async function attempt(take: () => Promise<void>, service: Service, log: Logger): Promise<void> {
  try {
    await take();
  } catch (error) {
    if (!(error instanceof AddressError || error instanceof PortError)) throw error;
    log.warn({ service: keyOf(service), error: messageOf(error) }, 'a Service has what cannot be its own');
  }
}
