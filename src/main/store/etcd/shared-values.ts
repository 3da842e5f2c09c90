import type { EtcdAddress, EtcdClient } from './client.ts';
import { connectEtcd } from './client.ts';
import { DEFAULT_PREFIX, EtcdKeys } from './keys.ts';

/** A value that control planes share beside the objects, and the revision to compare with when it is changed. */
export interface SharedValue {
  value: Buffer;
  modRevision: number;
}

/** Values by name, outside of what the API shows: what a control plane needs before it can read the objects. */
export class SharedValues {
  private constructor(
    private readonly client: EtcdClient,
    private readonly keys: EtcdKeys,
  ) {}

  static async connect(address: EtcdAddress & { prefix?: string }, clock: { now(): number }): Promise<SharedValues> {
    return new SharedValues(await connectEtcd(address, clock), new EtcdKeys(address.prefix ?? DEFAULT_PREFIX));
  }

  async get(name: string): Promise<SharedValue | undefined> {
    const { kvs } = await this.client.range({ key: this.keys.shared(name) });
    const [kv] = kvs;
    return kv && { value: kv.value, modRevision: Number(kv.mod_revision) };
  }

  /** Writes if it is still at `expected` (0: absent); whether it was. */
  async put(name: string, value: Buffer, expected: number): Promise<boolean> {
    const key = this.keys.shared(name);
    const { succeeded } = await this.client.txn({
      compare: [{ key, target: 'Mod', result: 'Equal', mod_revision: String(expected) }],
      success: [{ request_put: { key, value } }],
      failure: [],
    });
    return succeeded;
  }

  close(): void {
    this.client.close();
  }
}
