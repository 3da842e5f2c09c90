import type { IKeyValue } from 'etcd3';
import { parseValue, Slot, stamp } from '../memory/slot.ts';
import type { StoredValue } from '../storage.ts';
import type { ValueSealer } from '../sealer.ts';

/** Before a sealed value, as upstream's `k8s:enc:`; JSON begins with a brace, so the two cannot be mixed up. */
const SEALED = Buffer.from('wheelhouse:enc:v1:');

/** Objects as etcd holds them: JSON, Secrets sealed. The revision is etcd's own and is stamped in when they are read. */
export class ValueCodec {
  constructor(private readonly sealer: ValueSealer | undefined) {}

  encode(key: string, value: StoredValue): Buffer {
    return this.#sealed(key, Buffer.from(JSON.stringify(value)));
  }

  /** The same value sealed with the key that seals now. */
  reseal(key: string, bytes: Buffer): Buffer {
    return this.#sealed(key, this.open(key, bytes));
  }

  /** Whether the value is to be sealed and is not, or with a key that is on its way out. */
  isStale(key: string, bytes: Buffer): boolean {
    if (!this.sealer?.protects(key)) return false;
    return !this.isSealed(bytes) || (this.sealer.isStale?.(key, bytes.subarray(SEALED.length)) ?? false);
  }

  /** The object of a key-value pair, parsed when first asked for. */
  slot(key: string, kv: Pick<IKeyValue, 'value' | 'create_revision' | 'mod_revision'>): Slot {
    const { value } = kv;
    const revision = Number(kv.mod_revision);
    return Slot.lazy(key, Number(kv.create_revision), revision, value.length, () =>
      stamp(parseValue(this.open(key, value).toString('utf8')), revision),
    );
  }

  isSealed(bytes: Buffer): boolean {
    return bytes.subarray(0, SEALED.length).equals(SEALED);
  }

  /** The JSON text. Throws a sentence when it was sealed with a key that is not ours. */
  open(key: string, bytes: Buffer): Buffer {
    if (!this.isSealed(bytes)) return bytes;
    try {
      if (!this.sealer) throw new Error('the store was opened without a key');
      return this.sealer.open(key, bytes.subarray(SEALED.length));
    } catch (error) {
      throw new Error(`${key} is encrypted with another key than this control plane's`, { cause: error });
    }
  }

  #sealed(key: string, text: Buffer): Buffer {
    return this.sealer?.protects(key) ? Buffer.concat([SEALED, this.sealer.seal(key, text)]) : text;
  }
}
