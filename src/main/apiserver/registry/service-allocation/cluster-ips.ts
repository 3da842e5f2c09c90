import { isAlreadyExists, isNotFound } from '../../../../shared/api/errors.ts';
import { IP_ADDRESSES, SERVICE_CIDRS, type IPAddress, type Service } from '../../../../shared/api/kinds.ts';
import type { RegistryContext, Target } from '../context.ts';
import { createObject } from '../create.ts';
import { deleteObject } from '../delete.ts';
import { addressRange, candidates, isInRange, toIp } from './number-range.ts';
import type { UserInfo } from '../../auth/user.ts';

/** Why an address cannot be had, in ipallocator's words. */
export class AddressError extends Error {}

export const MANAGED_BY = 'ipallocator.k8s.io';
/** What a dry run shows in place of an address that would be given. */
const DRY_RUN_IP = '0.0.0.0';

/**
 * Addresses of Services, each an IPAddress object: making the object is taking the address, so that two API servers
 * on one store never give one address twice (upstream's MultiCIDRServiceAllocator).
 */
export class ClusterIps {
  constructor(
    private readonly context: RegistryContext,
    private readonly user: UserInfo,
  ) {}

  /** Takes this address for a Service. Throws AddressError. */
  async take(service: Service, ip: string, dryRun: boolean): Promise<void> {
    const ranges = await this.#ranges();
    if (!ranges.some((cidr) => isInRange(addressRange(cidr), ip))) {
      throw new AddressError(
        `the provided IP (${ip}) is not in the valid range. The range of valid IPs is ${ranges.join(', ')}`,
      );
    }
    if (!(await this.#make(service, ip, dryRun))) throw new AddressError('provided IP is already allocated');
  }

  /** Takes any address for a Service. Throws AddressError when there are none. */
  async takeAny(service: Service, dryRun: boolean): Promise<string> {
    if (dryRun) return (await this.#ranges())[0]?.split('/')[0] ?? DRY_RUN_IP;
    const taken = await this.context.views.of(IP_ADDRESSES);
    for (const cidr of await this.#ranges()) {
      for (const value of candidates(addressRange(cidr), this.context.random)) {
        const ip = toIp(value);
        if (taken.get('', ip)) continue;
        // Another API server may have been faster.
        if (await this.#make(service, ip, false)) return ip;
      }
    }
    throw new AddressError('range is full');
  }

  /** Gives an address back, unless it is somebody else's. */
  async giveBack(service: Service, ip: string): Promise<void> {
    const address = (await this.context.views.of(IP_ADDRESSES)).get('', ip);
    const { namespace, name } = address?.spec?.parentRef ?? {};
    if (!address || namespace !== service.metadata?.namespace || name !== service.metadata?.name) return;
    const { uid } = address.metadata ?? {};
    try {
      await deleteObject(this.context, this.#target(ip), { dryRun: false, preconditions: uid ? { uid } : {} });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  /** Ranges that addresses may be taken from, by name: those neither going nor said to be unready. */
  async #ranges(): Promise<string[]> {
    const all = (await this.context.views.of(SERVICE_CIDRS)).list();
    return all
      .filter(({ metadata, status }) => {
        const ready = status?.conditions?.find(({ type }) => type === 'Ready');
        return metadata?.deletionTimestamp === undefined && ready?.status !== 'False';
      })
      .sort((a, b) => ((a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1))
      .flatMap(({ spec }) => (spec?.cidrs ?? []).filter((cidr) => !cidr.includes(':')));
  }

  async #make(service: Service, ip: string, dryRun: boolean): Promise<boolean> {
    const { name = '', namespace = '' } = service.metadata ?? {};
    const address: IPAddress = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IPAddress',
      metadata: {
        name: ip,
        labels: { 'ipaddress.kubernetes.io/ip-family': 'IPv4', 'ipaddress.kubernetes.io/managed-by': MANAGED_BY },
      },
      spec: { parentRef: { group: '', resource: 'services', name, namespace } },
    };
    try {
      await createObject(this.context, this.#target(ip), address, { dryRun });
      return true;
    } catch (error) {
      if (isAlreadyExists(error)) return false;
      throw error;
    }
  }

  #target(ip: string): Target {
    const kind = this.context.catalog.find('networking.k8s.io', 'v1', 'ipaddresses');
    if (!kind) throw new Error('IPAddresses are not served');
    return { kind, namespace: '', name: ip, user: this.user };
  }
}
