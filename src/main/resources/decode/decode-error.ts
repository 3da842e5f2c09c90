/** A value of the wrong type, before it has been put into the words of the kind's Status. */
export class DecodeError extends Error {
  constructor(
    /** As Go's decoder says it. */
    message: string,
    /** `spec.containers[0].name`: where, with indexes, which Go's words lack. */
    readonly field: string,
    /** What the schema wants: `integer`, `string`, `array` … */
    readonly expected: string,
    /** What was there instead. */
    readonly actual: unknown,
  ) {
    super(message);
  }
}

/** Where the decoder is: steps into fields (names), arrays (numbers) and maps (keys), and the structs it went through. */
export class DecodePosition {
  readonly #steps: { step: string | number; isMapKey: boolean }[] = [];
  readonly #structs: string[] = [];

  /** Runs `inside` one step further down. */
  within<T>(step: string | number, isMapKey: boolean, inside: () => T): T {
    this.#steps.push({ step, isMapKey });
    const result = inside();
    this.#steps.pop();
    return result;
  }

  withinStruct<T>(name: string, inside: () => T): T {
    this.#structs.push(name);
    const result = inside();
    this.#structs.pop();
    return result;
  }

  /** `spec.containers[0].name`; `child` is one field further. */
  path(child?: string): string {
    let path = '';
    for (const { step } of this.#steps) {
      path += typeof step === 'number' ? `[${step}]` : path === '' ? step : `.${step}`;
    }
    if (child === undefined) return path;
    return path === '' ? child : `${path}.${child}`;
  }

  /** `Container.spec.containers.name`, as Go names a struct field: the innermost struct, then field names only. */
  goField(): string {
    const names = this.#steps.filter(({ step, isMapKey }) => typeof step === 'string' && !isMapKey);
    return [this.#structs.at(-1) ?? '', ...names.map(({ step }) => step)].join('.');
  }
}
