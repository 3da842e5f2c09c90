/** Writes protobuf's wire format, and leaves out what is absent. Field numbers are the message's. */
export class WireWriter {
  readonly #parts: Uint8Array[] = [];

  bytes(): Uint8Array {
    return Buffer.concat(this.#parts);
  }

  text(field: number, value: string | undefined): this {
    return value === undefined || value === '' ? this : this.message(field, Buffer.from(value));
  }

  texts(field: number, values: readonly string[] | undefined): this {
    // An empty text is still an item of its list.
    for (const value of values ?? []) this.message(field, Buffer.from(value));
    return this;
  }

  /** A message, as it was written by another writer. */
  message(field: number, value: Uint8Array | undefined): this {
    if (value) this.#parts.push(varint(field * 8 + 2), varint(value.length), value);
    return this;
  }

  boolean(field: number, value: boolean | undefined): this {
    if (value) this.#parts.push(varint(field * 8), varint(1));
    return this;
  }

  /** A whole number that is not negative. */
  integer(field: number, value: number | undefined): this {
    if (value !== undefined && value > 0) this.#parts.push(varint(field * 8), varint(value));
    return this;
  }

  double(field: number, value: number | undefined): this {
    if (value === undefined || value === 0) return this;
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    this.#parts.push(varint(field * 8 + 1), bytes);
    return this;
  }
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}
