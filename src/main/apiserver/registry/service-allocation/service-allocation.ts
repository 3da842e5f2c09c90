import { internalError, invalid } from '../../../../shared/api/errors.ts';
import { SERVICES, type Service } from '../../../../shared/api/kinds.ts';
import { nameOf, type KubeObject } from '../../../../shared/api/meta.ts';
import { causeOf, type FieldError } from '../../../resources/validation/field-error.ts';
import { invalidValue } from '../../../resources/validation/fields.ts';
import type { Reservation, WriteHook } from '../write-hooks.ts';
import { AddressError, type ClusterIps } from './cluster-ips.ts';
import { initIpFamilies } from './ip-families.ts';
import { PortError, type NodePorts } from './node-ports.ts';
import { addressHeld, hasNodePorts, needsHealthCheck, portsHeld, wantsNodePorts } from './wanted-ports.ts';

type Spec = NonNullable<Service['spec']>;

/** What undoes what was taken so far. */
type Undo = (() => Promise<void>)[];

/** Gives Services their addresses and ports, and takes them back (registry/core/service/storage/alloc.go). */
export class ServiceAllocation implements WriteHook {
  readonly group = SERVICES.group;
  readonly plural = SERVICES.plural;

  constructor(
    private readonly ips: ClusterIps,
    private readonly ports: NodePorts,
  ) {}

  async begin(object: KubeObject, old: KubeObject | undefined, dryRun: boolean): Promise<Reservation> {
    const service = object as Service;
    const before = old as Service | undefined;
    const { spec } = service;
    if (!spec) return this.#reservation(service, before, [], dryRun);
    refuse(service, initIpFamilies(spec, before?.spec));
    const undo: Undo = [];
    try {
      await this.#address(service, spec, before?.spec, dryRun, undo);
      await this.#ports(service, spec, before?.spec, dryRun, undo);
    } catch (error) {
      await runAll(undo);
      throw error;
    }
    return this.#reservation(service, before, undo, dryRun);
  }

  async deleted(object: KubeObject): Promise<void> {
    const service = object as Service;
    const ip = addressHeld(service.spec);
    if (ip) await this.ips.giveBack(service, ip);
    for (const port of portsHeld(service.spec)) await this.ports.giveBack(service, port);
  }

  async #address(service: Service, spec: Spec, before: Spec | undefined, dryRun: boolean, undo: Undo): Promise<void> {
    if (spec.type === 'ExternalName' || spec.clusterIP === 'None') return;
    const wanted = spec.clusterIPs?.[0] || spec.clusterIP;
    const had = addressHeld(before);
    if (wanted && wanted === had) return;
    // A headless Service stays one: its first address may not change.
    if (before?.clusterIP === 'None' && before.type !== 'ExternalName') return;
    try {
      if (wanted) await this.ips.take(service, wanted, dryRun);
      const ip = wanted || (await this.ips.takeAny(service, dryRun));
      if (!dryRun) undo.push(() => this.ips.giveBack(service, ip));
      spec.clusterIP = ip;
      spec.clusterIPs = [ip];
    } catch (error) {
      if (!(error instanceof AddressError)) throw error;
      if (!wanted) throw internalError(`failed to allocate a serviceIP: ${error.message}`);
      const detail = `failed to allocate IP ${wanted}: ${error.message}`;
      refuse(service, [invalidValue('spec.clusterIPs', spec.clusterIPs, detail)]);
    }
  }

  async #ports(service: Service, spec: Spec, before: Spec | undefined, dryRun: boolean, undo: Undo): Promise<void> {
    const had = portsHeld(before);
    const taken = new Set<number>();
    const take = async (port: number): Promise<void> => {
      if (had.has(port) || taken.has(port)) return;
      await this.ports.take(service, port, dryRun);
      taken.add(port);
      if (!dryRun) undo.push(() => this.ports.giveBack(service, port));
    };
    const takeAny = async (): Promise<number> => {
      const port = await this.ports.takeAny(service, dryRun, new Set([...had, ...taken]));
      taken.add(port);
      if (!dryRun) undo.push(() => this.ports.giveBack(service, port));
      return port;
    };
    if (hasNodePorts(spec)) await this.#nodePorts(service, spec, take, takeAny);
    if (needsHealthCheck(spec)) await healthCheckPort(spec, take, takeAny);
  }

  /** Ports of one number but several protocols share a node port (initNodePorts). */
  async #nodePorts(
    service: Service,
    spec: Spec,
    take: (port: number) => Promise<void>,
    takeAny: () => Promise<number>,
  ): Promise<void> {
    const shared = new Map<number, number>();
    for (const { port = 0, nodePort } of spec.ports ?? [])
      if (nodePort && !shared.has(port)) shared.set(port, nodePort);
    for (const [index, port] of (spec.ports ?? []).entries()) {
      if (!port.nodePort && !wantsNodePorts(spec)) continue;
      const wanted = port.nodePort || shared.get(port.port ?? 0);
      try {
        if (wanted) await take(wanted);
        port.nodePort = wanted ?? (await takeAny());
      } catch (error) {
        if (!(error instanceof PortError)) throw error;
        if (!wanted) throw internalError(`failed to allocate a nodePort: ${error.message}`);
        refuse(service, [invalidValue(`spec.ports[${index}].nodePort`, wanted, error.message)]);
      }
      shared.set(port.port ?? 0, port.nodePort ?? 0);
    }
  }

  #reservation(service: Service, before: Service | undefined, undo: Undo, dryRun: boolean): Reservation {
    return {
      release: () => runAll(undo),
      commit: async () => {
        if (dryRun || !before) return;
        const ip = addressHeld(before.spec);
        if (ip && ip !== addressHeld(service.spec)) await this.ips.giveBack(before, ip);
        const kept = portsHeld(service.spec);
        for (const port of portsHeld(before.spec)) if (!kept.has(port)) await this.ports.giveBack(before, port);
      },
    };
  }
}

async function healthCheckPort(
  spec: Spec,
  take: (port: number) => Promise<void>,
  takeAny: () => Promise<number>,
): Promise<void> {
  const wanted = spec.healthCheckNodePort;
  try {
    if (wanted) await take(wanted);
    else spec.healthCheckNodePort = await takeAny();
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    const which = wanted ? `requested HealthCheck NodePort ${String(wanted)}` : 'a HealthCheck NodePort 0';
    throw internalError(`failed to allocate ${which}: ${error.message}`);
  }
}

function refuse(service: Service, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid({ group: '', kind: 'Service' }, nameOf(service), errors.map(causeOf));
}

/** The last taken first. */
async function runAll(undo: Undo): Promise<void> {
  for (const each of undo.reverse()) await each();
}
