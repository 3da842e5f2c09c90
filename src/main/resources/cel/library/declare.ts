import type { Environment } from '@marcbachmann/cel-js';
import { internalName } from '../instrument.ts';

const SIGNATURE = /^(?:([A-Za-z0-9.<>]+)\.)?([A-Za-z_]\w*)\((.*)\): (.+)$/;

/** What a library adds functions and types to. */
export type Declare = (signature: string, handler: (...operands: never[]) => unknown) => void;

/**
 * Declares a function by `RECEIVER.name(TYPE, TYPE): RESULT`. The handler gets the receiver first; it throws CelFailure
 * for operands it has no answer for.
 */
export function declareIn(environment: Environment): Declare {
  return (signature, handler) => {
    const [, receiverType, name = '', parameters = '', returnType = ''] = SIGNATURE.exec(signature) ?? [];
    environment.registerFunction({
      name: internalName(name),
      ...(receiverType ? { receiverType } : {}),
      returnType,
      params: splitTypes(parameters).map((type) => ({ type })),
      handler: handler as (...operands: unknown[]) => unknown,
      async: false,
    } as Parameters<Environment['registerFunction']>[0]);
  };
}

/** `map<string, int>, bool` into its two types. */
function splitTypes(text: string): string[] {
  const types: string[] = [];
  let depth = 0;
  let from = 0;
  for (let index = 0; index <= text.length; index += 1) {
    const char = text[index];
    if (char === '<') depth += 1;
    if (char === '>') depth -= 1;
    if ((char === ',' && depth === 0) || char === undefined) {
      const type = text.slice(from, index).trim();
      if (type !== '') types.push(type);
      from = index + 1;
    }
  }
  return types;
}

/** A name that only stands before a dot: `sets.contains(…)`. */
export function declareNamespace(environment: Environment, name: string): string {
  const type = `namespace.${name}`;
  class Namespace {
    readonly prefix = name;
  }
  environment.registerType(type, Namespace);
  environment.registerConstant(name, type, new Namespace());
  return type;
}
