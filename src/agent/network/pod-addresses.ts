import { readJson, writeAtomic } from '../state/atomic-file.ts';
import { contains, formatIpv4, parseCidr } from './cidr.ts';

/**
 * Gives pods addresses of the machine's range, round and round (so that a freed one rests before it is used again, as
 * the CNI host-local plugin does), and remembers them on disk.
 */
export class PodAddresses {
  readonly #byOwner = new Map<string, string>();
  #last = 0;

  constructor(private readonly file: string) {}

  async load(): Promise<void> {
    const saved = (await readJson(this.file)) as { last?: number; owners?: Record<string, string> } | undefined;
    this.#last = saved?.last ?? 0;
    for (const [owner, address] of Object.entries(saved?.owners ?? {})) this.#byOwner.set(owner, address);
  }

  /** Takes over an address that a running sandbox is seen to have. */
  adopt(owner: string, address: string): void {
    this.#byOwner.set(owner, address);
  }

  /** The owner's address in the range: the one it has, else the next free one. Throws when all are taken. */
  async allocate(owner: string, range: string): Promise<string> {
    const cidr = parseCidr(range);
    const own = this.#byOwner.get(owner);
    if (own && contains(cidr, own)) return own;
    const taken = new Set(this.#byOwner.values());
    const size = 2 ** (32 - cidr.prefix);
    // Not the network's own address, not the gateway, not the broadcast address.
    const usable = size - 3;
    const from = this.#last > cidr.base && this.#last < cidr.base + size ? this.#last - cidr.base - 2 : -1;
    for (let step = 1; step <= usable; step += 1) {
      const value = cidr.base + 2 + ((from + step) % usable);
      const address = formatIpv4(value);
      if (taken.has(address)) continue;
      this.#byOwner.set(owner, address);
      this.#last = value;
      await this.#save();
      return address;
    }
    throw new Error(`failed to allocate for range 0: no IP addresses available in range set: ${range}`);
  }

  /** The address a pod has, or has been given for its start. */
  get(owner: string): string | undefined {
    return this.#byOwner.get(owner);
  }

  async release(owner: string): Promise<void> {
    if (this.#byOwner.delete(owner)) await this.#save();
  }

  #save(): Promise<void> {
    return writeAtomic(this.file, JSON.stringify({ last: this.#last, owners: Object.fromEntries(this.#byOwner) }));
  }
}
