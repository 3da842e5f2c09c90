import { Environment, type ParseResult } from '@marcbachmann/cel-js';
import { nodesOf, rootOf } from './ast.ts';
import { CelError, compileError, evaluationError } from './cel-error.ts';
import { equalCel } from './equality.ts';
import { meterNodes, redirectCalls } from './instrument.ts';
import { declareLibrary } from './library/index.ts';
import { costError, Meter, metered } from './meter.ts';
import { nameOf, objectTypesIn, toCel, type CelType, type ObjectType } from './types.ts';

/** The most characters of an expression (cel-go's parser limit). */
const MAX_EXPRESSION = 100_000;

let base: Environment | undefined;

/** The language and the libraries of Kubernetes 1.34, without variables; made once, when first needed. */
function baseEnvironment(): Environment {
  if (!base) {
    base = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false });
    declareLibrary(base);
  }
  return base;
}

export interface CompileOptions {
  /** Names of the types the expression may have (`bool`, `string`); what is only known at run time is let through. */
  resultTypes?: readonly string[];
}

/**
 * Declared variables over the libraries of Kubernetes: what expressions are compiled in. Making one costs about a
 * millisecond, so it is made once and kept.
 */
export class CelEnvironment {
  readonly #environment: Environment;
  readonly #variables: ReadonlyMap<string, CelType>;
  /** Names of the object types that are declared. */
  readonly #types: ReadonlySet<string>;

  private constructor(environment: Environment, variables: ReadonlyMap<string, CelType>, types: ReadonlySet<string>) {
    this.#environment = environment;
    this.#variables = variables;
    this.#types = types;
  }

  /** Object types that are used in several environments are declared in `types` once, and the environments made with `with`. */
  static of(variables: Readonly<Record<string, CelType>>, types: readonly CelType[] = []): CelEnvironment {
    const environment = baseEnvironment().clone();
    const declared = declareTypes(environment, [...types, ...Object.values(variables)], new Set());
    return new CelEnvironment(environment, new Map(), declared).#declare(variables);
  }

  /** An environment with more variables; this one stays as it is and can still be used. */
  with(variables: Readonly<Record<string, CelType>>): CelEnvironment {
    const environment = this.#environment.clone();
    const declared = declareTypes(environment, Object.values(variables), this.#types);
    return new CelEnvironment(environment, this.#variables, declared).#declare(variables);
  }

  #declare(variables: Readonly<Record<string, CelType>>): CelEnvironment {
    for (const [name, type] of Object.entries(variables)) this.#environment.registerVariable(name, nameOf(type));
    return new CelEnvironment(
      this.#environment,
      new Map([...this.#variables, ...Object.entries(variables)]),
      this.#types,
    );
  }

  /** Parses and type-checks. The error's message is that of upstream: `compilation failed: ERROR: <input>:1:1: …`. */
  compile(expression: string, options: CompileOptions = {}): Program | CelError {
    if (expression.length > MAX_EXPRESSION)
      return new CelError(
        'compile',
        `compilation failed: ERROR: <input>:-1:0: expression code point size exceeds limit: size: ${expression.length}, limit ${MAX_EXPRESSION}`,
      );
    try {
      const parsed = this.#environment.parse(expression);
      const nodes = nodesOf(rootOf(parsed));
      redirectCalls(nodes);
      const checked = parsed.check();
      if (!checked.valid) return compileError(expression, checked.error);
      const resultType = checked.type ?? 'dyn';
      const { resultTypes } = options;
      if (resultTypes && resultType !== 'dyn' && !resultTypes.includes(resultType))
        return new CelError('compile', `must evaluate to ${resultTypes.join(' or ')}`);
      meterNodes(nodes);
      return new Program(parsed, this.#variables, resultType);
    } catch (error) {
      return compileError(expression, error);
    }
  }
}

/** Declares the object types that are not yet, and returns the names of all that are. */
function declareTypes(
  environment: Environment,
  types: readonly CelType[],
  known: ReadonlySet<string>,
): ReadonlySet<string> {
  // The library could be asked what it knows, but an environment that was asked shares what it learns with its siblings.
  const declared = new Set(known);
  const objects = new Set<ObjectType>();
  for (const type of types) objectTypesIn(type, objects);
  for (const type of objects) {
    if (declared.has(type.name)) continue;
    declared.add(type.name);
    const fields = Object.fromEntries([...type.fields].map(([field, declared]) => [field, nameOf(declared.type)]));
    environment.registerType(type.name, { ctor: type.ctor, fields });
    environment.registerOperator(`${type.name} == ${type.name}`, equalCel);
  }
  return declared;
}

/** A compiled expression. */
export class Program {
  readonly #parsed: ParseResult;
  readonly #variables: ReadonlyMap<string, CelType>;

  constructor(
    parsed: ParseResult,
    variables: ReadonlyMap<string, CelType>,
    /** Name of the type it evaluates to; `dyn` when that shows only then. */
    readonly resultType: string,
  ) {
    this.#parsed = parsed;
    this.#variables = variables;
  }

  /** Whether a variable is read anywhere in it. */
  uses(variable: string): boolean {
    return nodesOf(rootOf(this.#parsed)).some(({ op, args }) => op === 'id' && args === variable);
  }

  /**
   * Evaluates with JSON values for the variables (a `named` type's value is passed as it is; an `optional` one's is left
   * out when there is none). The result is a CEL value: bool, string, bigint for int, Map and array … (`toJson` for JSON).
   */
  evaluate(values: Readonly<Record<string, unknown>>, meter: Meter = new Meter()): unknown {
    try {
      const result = metered(meter, () => {
        const context = new Map<string, unknown>();
        for (const [name, type] of this.#variables)
          if (Object.hasOwn(values, name) || type.kind === 'optional') context.set(name, toCel(values[name], type));
        return this.#parsed(context as unknown as Record<string, unknown>) as unknown;
      });
      // An operand that was cut short may have been the one that did not matter; it was too much all the same.
      return meter.exceeded ? costError() : result;
    } catch (error) {
      return meter.exceeded ? costError() : evaluationError(error);
    }
  }
}
