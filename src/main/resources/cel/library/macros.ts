import { Optional, type Environment } from '@marcbachmann/cel-js';
import { CelFailure } from '../cel-error.ts';
import { charge } from '../meter.ts';

/** What the library hands to a macro's functions; it declares none of this. */
interface MacroNode {
  readonly op: string;
  readonly args: unknown;
}
interface TypeInfo {
  readonly kind: string;
  readonly type: string;
  readonly keyType?: TypeInfo;
  readonly valueType?: TypeInfo;
}
interface Checker {
  check(node: MacroNode, context: Scope): TypeInfo;
  getType(name: string): TypeInfo;
  createError(code: string, message: string, node: MacroNode): Error;
  readonly registry: {
    getListType(type: TypeInfo): TypeInfo;
    getOptionalType(type: TypeInfo): TypeInfo;
    getMapType(key: TypeInfo, value: TypeInfo): TypeInfo;
  };
}
interface Scope {
  forkWithVariable(name: string, type: TypeInfo): Scope;
  reuse(parent: Scope): Scope;
  setIterValue(value: unknown, evaluator: Runner): Scope;
}
interface Runner {
  run(node: MacroNode, context: Scope): unknown;
}
interface Call {
  readonly args: readonly MacroNode[];
  readonly receiver: MacroNode;
}

function variableOf(node: MacroNode | undefined, macro: string): string {
  if (node?.op === 'id' && typeof node.args === 'string') return node.args;
  throw new CelFailure(`${macro}() variable name must be a simple identifier`);
}

/** `optional.optMap(x, f(x))` and `optFlatMap`: the function of the value, when there is one. */
function optionalMacro(flat: boolean) {
  return ({ args, receiver }: Call) => {
    const name = variableOf(args[0], flat ? 'optFlatMap' : 'optMap');
    const transform = args[1] as MacroNode;
    let scope: Scope | undefined;
    return {
      receiver,
      transform,
      typeCheck(checker: Checker, _macro: unknown, context: Scope): TypeInfo {
        const type = checker.check(receiver, context);
        const value = type.kind === 'optional' && type.valueType ? type.valueType : checker.getType('dyn');
        scope = context.forkWithVariable(name, value);
        const result = checker.check(transform, scope);
        return flat ? result : checker.registry.getOptionalType(result);
      },
      evaluate(runner: Runner, _macro: unknown, context: Scope): unknown {
        const optional = runner.run(receiver, context);
        if (!(optional instanceof Optional)) throw new CelFailure('no such overload: optMap');
        if (!optional.hasValue() || !scope) return Optional.none();
        const result = runner.run(transform, scope.reuse(context).setIterValue(optional.value(), runner));
        return flat ? result : Optional.of(result);
      },
    };
  };
}

/** How a comprehension over two variables puts its results together. */
interface TwoVariables {
  start(): unknown;
  /** The next result, or `stop` when nothing after can change it. */
  step(accumulated: unknown, key: unknown, result: unknown): { value: unknown; stop?: boolean };
  finish?(accumulated: unknown): unknown;
  typeOf(checker: Checker, key: TypeInfo, result: TypeInfo): TypeInfo;
}

const bool = (checker: Checker): TypeInfo => checker.getType('bool');

const entriesOf = (collection: unknown): [unknown, unknown][] => {
  if (Array.isArray(collection)) return collection.map((item: unknown, index) => [BigInt(index), item]);
  if (collection instanceof Map) return [...(collection as Map<unknown, unknown>).entries()];
  if (typeof collection === 'object' && collection !== null) return Object.entries(collection);
  throw new CelFailure('no such overload: comprehension over a value that is neither a list nor a map');
};

/** cel-go's TwoVarComprehensions: index or key first, then the value; `filter` stands before the transformation. */
function twoVariableMacro(name: string, rules: TwoVariables) {
  return ({ args, receiver }: Call) => {
    const first = variableOf(args[0], name);
    const second = variableOf(args[1], name);
    const filter = args.length > 3 ? args[2] : undefined;
    const transform = args.at(-1) as MacroNode;
    let outer: Scope | undefined;
    let inner: Scope | undefined;
    return {
      receiver,
      filter,
      transform,
      typeCheck(checker: Checker, _macro: unknown, context: Scope): TypeInfo {
        const type = checker.check(receiver, context);
        const dyn = checker.getType('dyn');
        const key = type.kind === 'list' ? checker.getType('int') : (type.keyType ?? dyn);
        outer = context.forkWithVariable(first, key);
        inner = outer.forkWithVariable(second, type.valueType ?? dyn);
        if (filter) checker.check(filter, inner);
        return rules.typeOf(checker, key, checker.check(transform, inner));
      },
      evaluate(runner: Runner, _macro: unknown, context: Scope): unknown {
        let accumulated = rules.start();
        for (const [key, value] of entriesOf(runner.run(receiver, context))) {
          charge(1);
          if (!outer || !inner) break;
          const scope = inner.reuse(outer.reuse(context).setIterValue(key, runner)).setIterValue(value, runner);
          if (filter && runner.run(filter, scope) !== true) continue;
          const next = rules.step(accumulated, key, runner.run(transform, scope));
          accumulated = next.value;
          if (next.stop) break;
        }
        return rules.finish ? rules.finish(accumulated) : accumulated;
      },
    };
  };
}

const EXISTS_ONE: TwoVariables = {
  start: () => 0,
  step: (count, _key, found) => ({ value: Number(count) + (found === true ? 1 : 0) }),
  finish: (count) => count === 1,
  typeOf: bool,
};
const TRANSFORM_MAP: TwoVariables = {
  start: () => new Map<unknown, unknown>(),
  step: (map, key, value) => ({ value: (map as Map<unknown, unknown>).set(key, value) }),
  typeOf: (checker, key, value) => checker.registry.getMapType(key, value),
};
const TRANSFORM_LIST: TwoVariables = {
  start: () => [],
  step: (list, _key, value) => {
    (list as unknown[]).push(value);
    return { value: list };
  },
  typeOf: (checker, _key, value) => checker.registry.getListType(value),
};
const TRANSFORM_MAP_ENTRY: TwoVariables = {
  start: () => new Map<unknown, unknown>(),
  step: (map, _key, entry) => {
    const all = map as Map<unknown, unknown>;
    for (const [key, value] of entriesOf(entry)) {
      if (all.has(key)) throw new CelFailure(`insert failed: key ${String(key)} already exists`);
      all.set(key, value);
    }
    return { value: all };
  },
  typeOf: (_checker, _key, entry) => entry,
};

/** The macros the library lacks: on optionals, and comprehensions over index or key and value. */
export function declareMacros(environment: Environment): void {
  const macro = (signature: string, expand: (call: Call) => object): void => {
    environment.registerFunction(signature, expand as never);
  };
  macro('optional.optMap(ast, ast): optional<dyn>', optionalMacro(false));
  macro('optional.optFlatMap(ast, ast): optional<dyn>', optionalMacro(true));
  macro(
    'list.all(ast, ast, ast): bool',
    twoVariableMacro('all', {
      start: () => true,
      step: (_all, _key, holds) => ({ value: holds === true, stop: holds !== true }),
      typeOf: bool,
    }),
  );
  macro(
    'list.exists(ast, ast, ast): bool',
    twoVariableMacro('exists', {
      start: () => false,
      step: (_any, _key, holds) => ({ value: holds === true, stop: holds === true }),
      typeOf: bool,
    }),
  );
  macro('list.existsOne(ast, ast, ast): bool', twoVariableMacro('existsOne', EXISTS_ONE));
  macro('list.transformList(ast, ast, ast): list<dyn>', twoVariableMacro('transformList', TRANSFORM_LIST));
  macro('list.transformList(ast, ast, ast, ast): list<dyn>', twoVariableMacro('transformList', TRANSFORM_LIST));
  macro('list.transformMap(ast, ast, ast): map<dyn, dyn>', twoVariableMacro('transformMap', TRANSFORM_MAP));
  macro('list.transformMap(ast, ast, ast, ast): map<dyn, dyn>', twoVariableMacro('transformMap', TRANSFORM_MAP));
  macro(
    'list.transformMapEntry(ast, ast, ast): map<dyn, dyn>',
    twoVariableMacro('transformMapEntry', TRANSFORM_MAP_ENTRY),
  );
  macro(
    'list.transformMapEntry(ast, ast, ast, ast): map<dyn, dyn>',
    twoVariableMacro('transformMapEntry', TRANSFORM_MAP_ENTRY),
  );
}
