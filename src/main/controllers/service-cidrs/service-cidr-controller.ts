import { IP_ADDRESSES, SERVICE_CIDRS } from '../../../shared/api/kinds.ts';
import { nameOf } from '../../../shared/api/meta.ts';
import { Controller } from '../runtime/controller.ts';
import type { ControllerDeps, RunningController } from '../runtime/dependencies.ts';
import { timestamp } from '../runtime/timestamp.ts';
import { planCidr } from './plan.ts';

/** Keeps ranges of Services for as long as addresses of them are in use. */
export function serviceCidrController(deps: ControllerDeps): RunningController {
  const { client, clock } = deps;
  const cidrs = deps.informers.of(SERVICE_CIDRS);
  const addresses = deps.informers.of(IP_ADDRESSES);
  const going = (): string[] =>
    cidrs
      .list()
      .filter(({ metadata }) => metadata?.deletionTimestamp !== undefined)
      .map(nameOf);

  return new Controller(deps, { name: 'service-cidr', concurrency: 1, reconcile })
    .watch(cidrs, ({ object }) => [nameOf(object), ...going()])
    .watch(addresses, ({ type }) => (type === 'deleted' ? going() : []));

  async function reconcile(name: string): Promise<undefined> {
    const cidr = cidrs.get(name);
    if (!cidr) return;
    const others = cidrs.list().filter((other) => other !== cidr);
    const { finalizers, ready } = planCidr(cidr, others, addresses.list(), timestamp(clock.now()));
    if (finalizers.join() !== (cidr.metadata?.finalizers ?? []).join()) {
      const { resourceVersion } = cidr.metadata ?? {};
      await client.patch(SERVICE_CIDRS, { name }, { metadata: { resourceVersion, finalizers } });
    }
    if (!ready) return;
    const conditions = [...(cidr.status?.conditions ?? []).filter(({ type }) => type !== 'Ready'), ready];
    await client.patch(SERVICE_CIDRS, { name, subresource: 'status' }, { status: { conditions } });
  }
}
