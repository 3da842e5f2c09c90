import { badRequest } from '../../../shared/api/errors.ts';

/** Reads protobuf's wire format. Every method throws 400 rather than read past the end. */
export class WireReader {
  #at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  get done(): boolean {
    return this.#at >= this.bytes.length;
  }

  /** Field number and wire type of what comes next. */
  tag(): { field: number; wireType: number } {
    const tag = Number(this.varint());
    return { field: Math.floor(tag / 8), wireType: tag % 8 };
  }

  /** An unsigned 64-bit integer. */
  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.bytes[this.#at];
      if (byte === undefined) throw truncated();
      this.#at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw badRequest('protobuf: varint is too long');
  }

  /** A length and as many bytes, not copied. */
  chunk(): Uint8Array {
    const length = Number(this.varint());
    const end = this.#at + length;
    if (!(end <= this.bytes.length)) throw truncated();
    const chunk = this.bytes.subarray(this.#at, end);
    this.#at = end;
    return chunk;
  }

  /** Steps over the value of a field that is not known. */
  skip(wireType: number): void {
    switch (wireType) {
      case 0:
        this.varint();
        return;
      case 1:
        return this.#advance(8);
      case 2:
        this.chunk();
        return;
      case 5:
        return this.#advance(4);
      default:
        throw badRequest(`protobuf: unsupported wire type ${wireType}`);
    }
  }

  #advance(count: number): void {
    this.#at += count;
    if (this.#at > this.bytes.length) throw truncated();
  }
}

const truncated = (): Error => badRequest('protobuf: unexpected end of data');
