import { isDeepStrictEqual } from 'node:util';
import { ENDPOINT_SLICES, MACHINES, NODES, SERVICES, type Service } from '../../../shared/api/kinds.ts';
import { keyOf } from '../../../shared/api/meta.ts';
import { Controller } from '../runtime/controller.ts';
import type { ControllerDeps, RunningController } from '../runtime/dependencies.ts';
import { SERVICE_NAME_LABEL } from '../slices/slice-labels.ts';
import { isBalanced, planBalance } from './plan.ts';

const BY_SERVICE = 'service';
const SSH_PORT = 22;

/** Gives LoadBalancer Services the addresses of the machines. */
export function serviceLbController(deps: ControllerDeps): RunningController {
  const { client, events } = deps;
  const services = deps.informers.of(SERVICES);
  const nodes = deps.informers.of(NODES);
  const machines = deps.informers.of(MACHINES);
  const slices = deps.informers.of(ENDPOINT_SLICES);
  slices.addIndex(BY_SERVICE, ({ metadata }) => {
    const name = metadata?.labels?.[SERVICE_NAME_LABEL];
    return name ? [`${metadata?.namespace ?? ''}/${name}`] : [];
  });
  const balanced = (): Service[] => services.list().filter(isBalanced);
  const all = (): string[] => balanced().map(keyOf);

  return new Controller(deps, { name: 'service-lb', concurrency: 1, reconcile })
    .watch(services, (change) => {
      const concerned = isBalanced(change.object) || (change.type === 'updated' && isBalanced(change.old));
      // A port that is given up is another's.
      return concerned ? [keyOf(change.object), ...all()] : [keyOf(change.object)];
    })
    .watch(nodes, (change) => (change.type === 'updated' && sameForUs(change.old, change.object) ? [] : all()))
    .watch(machines, () => all())
    .watch(slices, ({ object: { metadata } }) => {
      const service = services.get(`${metadata?.namespace ?? ''}/${metadata?.labels?.[SERVICE_NAME_LABEL] ?? ''}`);
      return service && isBalanced(service) && service.spec?.externalTrafficPolicy === 'Local' ? [keyOf(service)] : [];
    });

  async function reconcile(key: string): Promise<undefined> {
    const service = services.get(key);
    if (!service) return;
    const before = service.status?.loadBalancer?.ingress ?? [];
    if (!isBalanced(service)) {
      // A Service that is no LoadBalancer any more has no such address; one of another class is another's to say.
      if (before.length > 0 && service.spec?.type !== 'LoadBalancer') await write(service, []);
      return;
    }
    const reservedPorts = new Set([SSH_PORT, ...machines.list().map(({ spec }) => spec?.port ?? SSH_PORT)]);
    const { ips, refused } = planBalance({
      service,
      others: balanced(),
      nodes: nodes.list(),
      slices: slices.byIndex(BY_SERVICE, key),
      reservedPorts,
    });
    if (refused) {
      const about = { ...service, apiVersion: 'v1', kind: 'Service' };
      events.event(about, 'Warning', refused.reason, `Cannot balance the load of this Service: ${refused.message}`);
    }
    const ingress = ips.map((ip) => ({ ip, ipMode: 'VIP' }));
    if (
      !isDeepStrictEqual(
        before.map(({ ip, ipMode }) => ({ ip, ipMode })),
        ingress,
      )
    )
      await write(service, ingress);
  }

  async function write(service: Service, ingress: { ip: string; ipMode: string }[]): Promise<void> {
    await client.updateStatus(SERVICES, {
      ...service,
      status: { ...service.status, loadBalancer: ingress.length > 0 ? { ingress } : {} },
    });
  }
}

/** Heartbeats change nodes all the time, and nothing for us. */
function sameForUs(a: object, b: object): boolean {
  return JSON.stringify(concerning(a)) === JSON.stringify(concerning(b));
}

function concerning(node: {
  metadata?: { labels?: Record<string, string>; deletionTimestamp?: string };
  status?: { addresses?: unknown; conditions?: { type: string; status: string }[] };
}): unknown {
  const { metadata, status } = node;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  return [metadata?.labels, metadata?.deletionTimestamp, status?.addresses, ready];
}
